"""Settings documents, one a camera and version, and the categories."""
