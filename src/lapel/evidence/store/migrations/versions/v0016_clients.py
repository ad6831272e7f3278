"""Programs that an agency lets in.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CLIENTS = """
CREATE TABLE clients (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, digest BLOB NOT NULL, name TEXT NOT NULL,
  permissions TEXT NOT NULL, networks TEXT NOT NULL, made_ms INTEGER NOT NULL,
  made_by TEXT NOT NULL, until_ms INTEGER NOT NULL, used_ms INTEGER, ended_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX clients_digest ON clients (digest)
"""


def upgrade() -> None:
    """Begin without any."""
    for statement in _CLIENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
