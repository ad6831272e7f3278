"""The id of a recording, and how far what its wearer said was taken over.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = """
ALTER TABLE recordings ADD COLUMN ident TEXT NOT NULL DEFAULT '';
ALTER TABLE recordings ADD COLUMN said_seq INTEGER;
"""

_INDEX = """
DROP TABLE recordings_text;
CREATE VIRTUAL TABLE recordings_text USING fts5 (
  title, wearer, serial, name, category, ident,
  prefix = '2 3',
  tokenize = "unicode61 remove_diacritics 2"
);
INSERT INTO recordings_text (rowid, title, wearer, serial, name, category, ident)
  SELECT r.number, r.title, r.wearer, r.serial, lower(
    substr(hex(r.id), 1, 8) || '-' || substr(hex(r.id), 9, 4) || '-' ||
    substr(hex(r.id), 13, 4) || '-' || substr(hex(r.id), 17, 4) || '-' ||
    substr(hex(r.id), 21)), coalesce(c.name, ''), ''
  FROM recordings r LEFT JOIN categories c ON c.id = r.category;
"""


def upgrade() -> None:
    """Add both columns, and make the index of words anew with the id in it."""
    for script in (_COLUMNS, _INDEX):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)
