"""The agency: its name, zone, origin and keys."""
