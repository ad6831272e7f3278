"""Dock (many bays, unattended) and Sync (one camera, a desktop)."""
