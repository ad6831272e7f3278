"""Recordings: their metadata, verdict, search and playback."""
