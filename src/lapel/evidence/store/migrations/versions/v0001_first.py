"""The first schema.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TENANTS = """
CREATE TABLE tenants (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, origin TEXT NOT NULL UNIQUE,
  zone TEXT NOT NULL, created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE evidence_keys (
  tenant TEXT NOT NULL REFERENCES tenants, kid BLOB NOT NULL, point BLOB NOT NULL,
  file TEXT NOT NULL, created_ms INTEGER NOT NULL, retired_ms INTEGER,
  PRIMARY KEY (tenant, kid)
) STRICT;
"""

_PEOPLE = """
CREATE TABLE people (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants, name TEXT NOT NULL,
  shown TEXT NOT NULL, role TEXT NOT NULL, password TEXT, theme TEXT NOT NULL,
  created_ms INTEGER NOT NULL, disabled_ms INTEGER, UNIQUE (tenant, name)
) STRICT;
CREATE TABLE links (
  digest BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES people,
  purpose TEXT NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER
) STRICT;
CREATE TABLE sessions (
  digest BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES people,
  csrf TEXT NOT NULL, created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_person ON sessions (person);
CREATE TABLE attempts (
  subject TEXT PRIMARY KEY, failures INTEGER NOT NULL, first_ms INTEGER NOT NULL,
  rests_until_ms INTEGER NOT NULL
) STRICT;
"""

_DEVICES = """
CREATE TABLE devices (
  tenant TEXT NOT NULL REFERENCES tenants, serial TEXT NOT NULL, kind TEXT NOT NULL,
  model TEXT NOT NULL, state TEXT NOT NULL, wearer TEXT NOT NULL,
  created_ms INTEGER NOT NULL, seen_ms INTEGER, adopted_ms INTEGER,
  auth_certificate BLOB, sign_certificate BLOB, id_certificate BLOB,
  link_point BLOB, open_point BLOB, PRIMARY KEY (tenant, serial)
) STRICT;
CREATE TABLE codes (
  digest BLOB PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants,
  kind TEXT NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER
) STRICT;
CREATE TABLE vouchers (
  tenant TEXT NOT NULL REFERENCES tenants, serial TEXT NOT NULL, nonce BLOB NOT NULL,
  document BLOB NOT NULL, added_ms INTEGER NOT NULL, PRIMARY KEY (tenant, serial)
) STRICT;
CREATE TABLE assertions (
  digest BLOB PRIMARY KEY, expires_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE tokens (
  digest BLOB PRIMARY KEY, tenant TEXT NOT NULL, serial TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE contacts (
  tenant TEXT NOT NULL, camera TEXT NOT NULL, dock TEXT NOT NULL,
  seen_ms INTEGER NOT NULL, PRIMARY KEY (tenant, camera, dock)
) STRICT;
"""

_JOURNALS = """
CREATE TABLE journal (
  tenant TEXT NOT NULL, serial TEXT NOT NULL, seq INTEGER NOT NULL,
  hash BLOB NOT NULL, kind INTEGER NOT NULL, boot INTEGER NOT NULL,
  mono_ms INTEGER NOT NULL, utc_ms INTEGER NOT NULL, clock INTEGER NOT NULL,
  recording BLOB, document BLOB NOT NULL, PRIMARY KEY (tenant, serial, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_recording ON journal (recording) WHERE recording IS NOT NULL;
CREATE INDEX journal_starts ON journal (tenant, utc_ms) WHERE kind = 3;
CREATE TABLE journal_heads (
  tenant TEXT NOT NULL, serial TEXT NOT NULL, seq INTEGER NOT NULL,
  hash BLOB NOT NULL, signer BLOB NOT NULL, received_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, serial)
) STRICT;
CREATE TABLE journal_faults (
  number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, serial TEXT NOT NULL,
  kind TEXT NOT NULL, seq INTEGER NOT NULL, held_hash BLOB, document BLOB NOT NULL,
  found_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_faults_once ON journal_faults (tenant, serial, document);
"""

_INGEST = """
CREATE TABLE uploads (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, serial TEXT NOT NULL,
  recording BLOB NOT NULL, length INTEGER NOT NULL, dock TEXT NOT NULL,
  created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  UNIQUE (tenant, serial, recording)
) STRICT;
CREATE TABLE envelopes (
  tenant TEXT NOT NULL, serial TEXT NOT NULL, recording BLOB NOT NULL,
  document BLOB NOT NULL, received_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, serial, recording)
) STRICT;
CREATE TABLE held (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, serial TEXT NOT NULL,
  recording BLOB NOT NULL, sha256 BLOB NOT NULL, length INTEGER NOT NULL,
  code TEXT NOT NULL, words TEXT NOT NULL, closing BLOB NOT NULL,
  held_ms INTEGER NOT NULL, decided_ms INTEGER, decision TEXT,
  UNIQUE (tenant, serial, recording, sha256)
) STRICT;
CREATE INDEX held_open ON held (tenant, serial) WHERE decided_ms IS NULL;
CREATE TABLE receipts (
  tenant TEXT NOT NULL, recording BLOB NOT NULL, sha256 BLOB NOT NULL,
  leaf_index INTEGER NOT NULL, document BLOB, PRIMARY KEY (tenant, recording)
) STRICT;
"""

_ITEMS = """
CREATE TABLE categories (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL,
  keep_days INTEGER, place INTEGER NOT NULL, UNIQUE (tenant, name)
) STRICT;
CREATE TABLE recordings (
  number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id BLOB NOT NULL,
  serial TEXT NOT NULL, model TEXT NOT NULL, wearer TEXT NOT NULL,
  start_ms INTEGER NOT NULL, length_ms INTEGER NOT NULL, clock INTEGER NOT NULL,
  received_ms INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
  object TEXT NOT NULL, sealed INTEGER NOT NULL, title TEXT NOT NULL,
  category TEXT REFERENCES categories, verdict TEXT NOT NULL,
  needs INTEGER NOT NULL, version INTEGER NOT NULL, changed_by TEXT NOT NULL,
  changed_ms INTEGER NOT NULL, thumb INTEGER NOT NULL, found_bad_ms INTEGER,
  UNIQUE (tenant, id)
) STRICT;
CREATE INDEX recordings_time ON recordings (tenant, start_ms, number);
CREATE INDEX recordings_serial ON recordings (tenant, serial, start_ms, number);
CREATE INDEX recordings_category ON recordings (tenant, category, start_ms, number);
CREATE INDEX recordings_verdict ON recordings (tenant, verdict, start_ms, number);
CREATE INDEX recordings_needs ON recordings (tenant, start_ms, number) WHERE needs = 1;
CREATE INDEX recordings_thumb ON recordings (number) WHERE thumb = 0;
CREATE TABLE facts (
  number INTEGER PRIMARY KEY REFERENCES recordings, closing BLOB NOT NULL,
  report BLOB NOT NULL, frames BLOB NOT NULL
) STRICT;
CREATE VIRTUAL TABLE recordings_text USING fts5 (
  title, wearer, serial, name, category,
  prefix = '2 3',
  tokenize = "unicode61 remove_diacritics 2"
);
"""

_SETTINGS = """
CREATE TABLE policies (
  tenant TEXT PRIMARY KEY, document BLOB NOT NULL, changed_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE settings_documents (
  tenant TEXT NOT NULL, serial TEXT NOT NULL, version INTEGER NOT NULL,
  content BLOB NOT NULL, document BLOB NOT NULL, made_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, serial, version)
) STRICT;
"""

_CUSTODY = """
CREATE TABLE logs (
  tenant TEXT PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL
) STRICT;
CREATE TABLE leaves (
  tenant TEXT NOT NULL, number INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  actor_kind INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  object_kind INTEGER NOT NULL, object TEXT NOT NULL, leaf BLOB NOT NULL,
  PRIMARY KEY (tenant, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX leaves_object ON leaves (tenant, object_kind, object, number);
CREATE TABLE leaf_texts (
  tenant TEXT NOT NULL, number INTEGER NOT NULL, field INTEGER NOT NULL,
  salt BLOB NOT NULL, text TEXT NOT NULL, PRIMARY KEY (tenant, number, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE nodes (
  tenant TEXT NOT NULL, level INTEGER NOT NULL, place INTEGER NOT NULL,
  hash BLOB NOT NULL, PRIMARY KEY (tenant, level, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  tenant TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
  note TEXT NOT NULL, made_ms INTEGER NOT NULL, PRIMARY KEY (tenant, size)
) STRICT;
"""


def upgrade() -> None:
    """Create every table."""
    for script in (
        _TENANTS,
        _PEOPLE,
        _DEVICES,
        _JOURNALS,
        _INGEST,
        _ITEMS,
        _SETTINGS,
        _CUSTODY,
    ):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)
