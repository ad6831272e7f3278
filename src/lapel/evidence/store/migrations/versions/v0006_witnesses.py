"""Witnesses of the custody log, and what each last cosigned.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

_WITNESSES = """
CREATE TABLE witnesses (
  tenant TEXT NOT NULL REFERENCES tenants, name TEXT NOT NULL, url TEXT NOT NULL,
  vkey TEXT NOT NULL, added_ms INTEGER NOT NULL, size INTEGER NOT NULL,
  line TEXT NOT NULL, time_ms INTEGER NOT NULL, fault TEXT NOT NULL,
  grave INTEGER NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID
"""


def upgrade() -> None:
    """No log has a witness yet."""
    op.execute(_WITNESSES)
