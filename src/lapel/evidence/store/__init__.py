"""The database and the object store; nothing here knows what is stored."""
