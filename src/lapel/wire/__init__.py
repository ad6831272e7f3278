"""Every byte format that crosses a boundary, one file a format. No secrets, no state, no I/O."""
