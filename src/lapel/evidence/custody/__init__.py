"""The custody log: an append-only tree a tenant, written with the act."""
