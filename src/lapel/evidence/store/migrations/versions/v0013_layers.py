"""Settings in layers: for the agency, a role or a group, every version kept.

Revision ID: 0013
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LAYERS = """
CREATE TABLE settings_layers (
  tenant TEXT NOT NULL, scope TEXT NOT NULL, version INTEGER NOT NULL,
  rank INTEGER NOT NULL, choices BLOB NOT NULL, removed INTEGER NOT NULL,
  saved_by TEXT NOT NULL, why TEXT NOT NULL, saved_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, scope, version)
) STRICT;
INSERT INTO settings_layers (tenant, scope, version, rank, choices, removed, saved_by,
  why, saved_ms) SELECT tenant, 'agency', 1, 0, document, 0, '', '', changed_ms
  FROM policies;
DROP TABLE policies;
ALTER TABLE journal_heads ADD COLUMN runs_version INTEGER;
ALTER TABLE journal_heads ADD COLUMN runs_hash BLOB;
ALTER TABLE journal_heads ADD COLUMN runs_ms INTEGER
"""


def upgrade() -> None:
    """Let the one policy that there was become the agency's layer."""
    for statement in _LAYERS.split(";\n"):
        if statement.strip():
            op.execute(statement)
