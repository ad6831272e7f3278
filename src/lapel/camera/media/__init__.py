"""From encoded packets to fragments of an MP4 file."""
