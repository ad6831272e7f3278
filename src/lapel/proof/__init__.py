"""The verifier: what a recording proves, to whom, and up to which second."""
