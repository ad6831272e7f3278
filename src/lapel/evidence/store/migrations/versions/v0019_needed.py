"""Roles whose people need a second factor.

Revision ID: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody needs one until somebody says so."""
    op.execute("ALTER TABLE entry_rules ADD COLUMN roles TEXT NOT NULL DEFAULT ''")
