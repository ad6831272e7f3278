"""The world on one machine: faults, fleets, the demo. Used by tests, demo and docs alike."""
