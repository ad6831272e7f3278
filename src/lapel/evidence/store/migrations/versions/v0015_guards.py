"""How closely a recording is kept, and who is named on it.

Revision ID: 0015
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_GUARDS = """
ALTER TABLE recordings ADD COLUMN guard INTEGER NOT NULL DEFAULT 0;
CREATE TABLE recording_access (
  number INTEGER NOT NULL, person TEXT NOT NULL, PRIMARY KEY (number, person)
) STRICT;
CREATE INDEX recording_access_person ON recording_access (person, number)
"""


def upgrade() -> None:
    """Every recording that there is stays open to those who may see it."""
    for statement in _GUARDS.split(";\n"):
        if statement.strip():
            op.execute(statement)
