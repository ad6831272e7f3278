"""Roles as rows, several for a person; groups.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PEOPLE = """
CREATE TABLE roles (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants, name TEXT NOT NULL,
  permissions TEXT NOT NULL, UNIQUE (tenant, name)
) STRICT;
CREATE TABLE person_roles (
  person TEXT NOT NULL REFERENCES people, role TEXT NOT NULL,
  PRIMARY KEY (person, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_roles_role ON person_roles (role);
INSERT INTO person_roles (person, role) SELECT id, role FROM people;
ALTER TABLE people DROP COLUMN role;
ALTER TABLE people ADD COLUMN seen_ms INTEGER;
CREATE TABLE people_groups (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants, name TEXT NOT NULL,
  UNIQUE (tenant, name)
) STRICT;
CREATE TABLE people_members (
  person TEXT NOT NULL REFERENCES people, team TEXT NOT NULL REFERENCES people_groups,
  PRIMARY KEY (person, team)
) STRICT, WITHOUT ROWID;
CREATE INDEX people_members_team ON people_members (team);
CREATE INDEX leaves_actor ON leaves (tenant, actor_kind, actor, number);
"""


def upgrade() -> None:
    """Keep each account's role as the first of its roles."""
    for statement in _PEOPLE.split(";\n"):
        if statement.strip():
            op.execute(statement)
