"""Names of devices, vehicles and accessories, and groups of devices.

Revision ID: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_FLEET = """
ALTER TABLE devices ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN version TEXT NOT NULL DEFAULT '';
CREATE TABLE vehicles (
  tenant TEXT NOT NULL, serial TEXT NOT NULL, ssid TEXT NOT NULL,
  sealed BLOB NOT NULL, set_ms INTEGER NOT NULL, PRIMARY KEY (tenant, serial)
) STRICT;
CREATE TABLE accessories (
  tenant TEXT NOT NULL, serial TEXT NOT NULL, kind TEXT NOT NULL,
  vehicle TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (tenant, serial)
) STRICT;
CREATE TABLE device_groups (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL
) STRICT;
CREATE INDEX device_groups_tenant ON device_groups (tenant, name);
CREATE TABLE device_members (
  team TEXT NOT NULL, serial TEXT NOT NULL, PRIMARY KEY (team, serial)
) STRICT
"""


def upgrade() -> None:
    """Add what was not there; nothing that was there changes."""
    for statement in _FLEET.split(";\n"):
        if statement.strip():
            op.execute(statement)
