"""Lapel: an open body-worn camera platform, from the lapel to the courtroom."""
