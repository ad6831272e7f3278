"""The rules as state machines: events and `now` in, events and bytes out. No I/O."""
