"""The JSON and device doors."""
