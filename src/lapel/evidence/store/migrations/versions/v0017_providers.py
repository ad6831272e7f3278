"""Signing in at a provider: who it is, whose accounts it opens, attempts.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_PROVIDERS = """
CREATE TABLE providers (
  tenant TEXT PRIMARY KEY, issuer TEXT NOT NULL, client TEXT NOT NULL,
  sealed BLOB NOT NULL, name TEXT NOT NULL
) STRICT;
CREATE TABLE provider_subjects (
  tenant TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL,
  person TEXT NOT NULL, bound_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, issuer, subject)
) STRICT;
CREATE UNIQUE INDEX provider_subjects_person
  ON provider_subjects (tenant, issuer, person);
CREATE TABLE provider_attempts (
  digest BLOB PRIMARY KEY, tenant TEXT NOT NULL, browser BLOB NOT NULL,
  nonce TEXT NOT NULL, verifier TEXT NOT NULL, purpose TEXT NOT NULL,
  person TEXT NOT NULL, target TEXT NOT NULL, began_ms INTEGER NOT NULL
) STRICT
"""


def upgrade() -> None:
    """Begin without a provider."""
    for statement in _PROVIDERS.split(";\n"):
        if statement.strip():
            op.execute(statement)
