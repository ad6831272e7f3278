"""Second factors: authenticator apps and recovery codes.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_FACTORS = """
CREATE TABLE totp (
  person TEXT PRIMARY KEY REFERENCES people, secret BLOB NOT NULL,
  confirmed_ms INTEGER, step INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery_codes (
  digest BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES people
) STRICT;
CREATE INDEX recovery_codes_person ON recovery_codes (person);
"""


def upgrade() -> None:
    """Nobody has a second factor yet."""
    for statement in _FACTORS.split(";\n"):
        if statement.strip():
            op.execute(statement)
