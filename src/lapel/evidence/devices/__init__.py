"""Cameras, docks and syncs that belong to a tenant."""
