"""Who had which camera when, and whose a recording is.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_HOLDERS = """
CREATE TABLE assignments (
  number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, serial TEXT NOT NULL,
  person TEXT NOT NULL, name TEXT NOT NULL, from_ms INTEGER NOT NULL,
  until_ms INTEGER, given_by TEXT NOT NULL, given_why TEXT NOT NULL,
  ended_by TEXT NOT NULL, ended_why TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX assignments_now ON assignments (tenant, serial)
  WHERE until_ms IS NULL;
CREATE INDEX assignments_device ON assignments (tenant, serial, from_ms);
CREATE INDEX assignments_person ON assignments (tenant, person, number);
INSERT INTO assignments (tenant, serial, person, name, from_ms, given_by, given_why,
  ended_by, ended_why) SELECT tenant, serial, '', wearer,
  coalesce(adopted_ms, created_ms), '', '', '', '' FROM devices
  WHERE wearer <> '' AND state = 'owned';
ALTER TABLE devices DROP COLUMN wearer;
ALTER TABLE devices ADD COLUMN released_ms INTEGER;
ALTER TABLE recordings ADD COLUMN person TEXT NOT NULL DEFAULT '';
CREATE INDEX recordings_person ON recordings (tenant, person, start_ms, number);
UPDATE roles SET permissions = replace(permissions, 'any:cameras:view',
  'own:cameras:view')
"""


def upgrade() -> None:
    """Names that were written down beside cameras become assignments without account.

    A camera that was not adopted yet has no recording that could bear one.
    """
    for statement in _HOLDERS.split(";\n"):
        if statement.strip():
            op.execute(statement)
