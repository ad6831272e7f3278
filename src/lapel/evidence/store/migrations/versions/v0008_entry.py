"""What holds for signing in: a text to read first, and from where it may be done.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ENTRY = """
CREATE TABLE entry_rules (
  tenant TEXT PRIMARY KEY REFERENCES tenants, banner TEXT NOT NULL,
  networks TEXT NOT NULL
) STRICT;
UPDATE people SET seen_ms = CAST(strftime('%s', 'now') AS INTEGER) * 1000
  WHERE seen_ms IS NULL AND password IS NOT NULL;
"""


def upgrade() -> None:
    """Nobody's account counts as unused because its use was not written down before."""
    for statement in _ENTRY.split(";\n"):
        if statement.strip():
            op.execute(statement)
