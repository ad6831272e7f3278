"""Every byte format that crosses a boundary. No secrets, no state, no I/O."""
