"""From upload to receipt."""
