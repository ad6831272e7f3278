"""Capture sources: synthetic, a file in real time, V4L2 with ALSA."""
