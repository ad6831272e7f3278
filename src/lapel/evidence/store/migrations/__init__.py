"""Schema changes, forward only; Alembic runs them in order."""
