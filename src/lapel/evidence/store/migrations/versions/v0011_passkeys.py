"""Passkeys.

Revision ID: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

_PASSKEYS = """
CREATE TABLE passkeys (
  id TEXT PRIMARY KEY, credential BLOB NOT NULL UNIQUE,
  person TEXT NOT NULL REFERENCES people, name TEXT NOT NULL, data BLOB NOT NULL,
  counter INTEGER NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER
) STRICT;
CREATE INDEX passkeys_person ON passkeys (person);
"""


def upgrade() -> None:
    """Nobody has a passkey yet."""
    for statement in _PASSKEYS.split(";\n"):
        if statement.strip():
            op.execute(statement)
