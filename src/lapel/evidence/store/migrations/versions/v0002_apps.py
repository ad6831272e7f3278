"""Apps with grants, and their one-time codes.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_APPS = """
CREATE TABLE apps (
  tenant TEXT NOT NULL REFERENCES tenants, instance TEXT NOT NULL,
  person TEXT NOT NULL REFERENCES people, point BLOB NOT NULL, role INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, given_ms INTEGER NOT NULL, not_after_ms INTEGER NOT NULL,
  hour_ms INTEGER NOT NULL, hour_given INTEGER NOT NULL, revoked_ms INTEGER,
  PRIMARY KEY (tenant, instance)
) STRICT;
CREATE INDEX apps_point ON apps (tenant, point);
CREATE INDEX apps_person ON apps (tenant, person);
CREATE TABLE app_codes (
  digest BLOB PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants,
  person TEXT NOT NULL REFERENCES people, expires_ms INTEGER NOT NULL,
  used_ms INTEGER
) STRICT;
"""


def upgrade() -> None:
    """Create both tables."""
    for statement in _APPS.split(";\n"):
        if statement.strip():
            op.execute(statement)
