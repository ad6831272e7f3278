"""Device Manager: read a tag, assign, inspect, report damage."""
