"""Evidence: the server that keeps recordings, and what can be proved about them."""
