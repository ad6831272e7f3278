"""The world on one machine: faults, fleets, the demo."""
