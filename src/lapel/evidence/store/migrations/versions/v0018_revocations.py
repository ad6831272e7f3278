"""Certificates that the agency stands for no longer, and since when a device is lost.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_REVOCATIONS = """
ALTER TABLE devices ADD COLUMN lost_ms INTEGER;
CREATE TABLE revocations (
  tenant TEXT NOT NULL, number TEXT NOT NULL, serial TEXT NOT NULL,
  revoked_ms INTEGER NOT NULL, invalid_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, number)
) STRICT
"""


def upgrade() -> None:
    """Begin with none: what was released before this stays as it was."""
    for statement in _REVOCATIONS.split(";\n"):
        if statement.strip():
            op.execute(statement)
