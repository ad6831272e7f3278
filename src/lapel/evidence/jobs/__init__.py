"""Work outside of a request."""
