"""Sessions: from where they were opened, and when somebody last proved who they are.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SESSIONS = """
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN proved_ms INTEGER NOT NULL DEFAULT 0;
"""


def upgrade() -> None:
    """Sessions that are open go on; their next privileged act asks who they are."""
    for statement in _SESSIONS.split(";\n"):
        if statement.strip():
            op.execute(statement)
