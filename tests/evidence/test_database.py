"""The database: made, brought forward, never taken back."""

from pathlib import Path

import pytest
from sqlalchemy import text

from lapel.base.errors import SetupError
from lapel.evidence.people.service import People
from lapel.evidence.store.database import Database, Quiet
from lapel.ports.system import system_entropy
from lapel.sim.clock import ManualClock


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "evidence.db")
    made.migrate()
    return made


def test_migrating_again_changes_nothing(database: Database) -> None:
    asked = text("SELECT version_num FROM alembic_version")
    found: list[str] = []
    for _ in range(2):
        with database.read() as connection:
            found += connection.execute(asked).scalars().all()
        database.migrate()
    assert len(found) == 2
    assert found[0] == found[1]
    assert not list(database.path.parent.glob("*.backup"))


def test_an_older_file_keeps_its_recordings_and_can_be_searched(tmp_path: Path) -> None:
    older = Database(tmp_path / "evidence.db")
    older.migrate("0001")
    row = (
        "INSERT INTO recordings VALUES (7, 't', x'00112233445566778899aabbccddeeff',"
        " 'X1234567', 'body2', 'Sam', 1, 2, 3, 4, 5, x'00', 'o', 1, 'Door', NULL,"
        " 'authentic', 1, 1, '', 1, 0, NULL)"
    )
    with older.write(Quiet.SETUP) as connection:
        connection.execute(text(row))
    older.migrate()
    words = text(
        "SELECT name, ident FROM recordings_text WHERE recordings_text MATCH :m"
    )
    with older.read() as connection:
        found = connection.execute(words, {"m": "door"}).one()
        kept = connection.execute(text("SELECT title, ident, said_seq FROM recordings"))
        assert kept.one() == ("Door", "", None)
    assert tuple(found) == ("00112233-4455-6677-8899-aabbccddeeff", "")
    assert (tmp_path / "evidence.db.0001.backup").exists()


def test_a_file_of_a_newer_version_is_refused_by_name(database: Database) -> None:
    with database.write(Quiet.SETUP) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(SetupError, match="version 0999"):
        database.migrate()


def test_a_block_that_fails_leaves_no_trace(database: Database) -> None:
    def fail() -> None:
        with database.write(Quiet.SETUP) as connection:
            connection.execute(text("INSERT INTO assertions VALUES (x'00', 1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM assertions")).scalar() == 0


def test_a_transaction_that_lasts_is_synced_and_others_need_not_be(
    database: Database,
) -> None:
    for lasting, level in ((True, 2), (False, 1), (True, 2)):
        with database.write(lasting=lasting) as connection:
            found = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            assert found == level


def test_a_copy_is_whole(database: Database, tmp_path: Path) -> None:
    with database.write(Quiet.SETUP) as connection:
        connection.execute(text("INSERT INTO assertions VALUES (x'00', 1)"))
    database.backup(tmp_path / "copy.db")
    copy = Database(tmp_path / "copy.db")
    copy.migrate()
    with copy.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM assertions")).scalar() == 1
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_file_of_the_first_version_is_copied_and_brought_forward(
    tmp_path: Path,
) -> None:
    path = tmp_path / "evidence.db"
    made = Database(path)
    made.migrate("0001")
    with made.write(Quiet.SETUP) as connection:
        connection.execute(text("INSERT INTO assertions VALUES (x'00', 1)"))
    made.close()
    later = Database(path)
    later.migrate()
    with later.read() as connection:
        for name, rows in (("apps", 0), ("assertions", 1)):
            found = connection.execute(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
            assert found.scalar() == rows
    assert path.with_name("evidence.db.0001.backup").exists()


@pytest.mark.parametrize("role", ["administrator", "evidence clerk", "officer"])
def test_an_account_of_an_older_file_keeps_what_it_may(
    tmp_path: Path, role: str
) -> None:
    older = Database(tmp_path / "evidence.db")
    older.migrate("0003")
    with older.write(Quiet.SETUP) as connection:
        connection.execute(text("INSERT INTO tenants VALUES ('t', 'T', 'o', 'UTC', 1)"))
        connection.execute(
            text(
                "INSERT INTO people VALUES"
                " ('p', 't', 'jo', 'Jo', :role, NULL, 'system', 1, NULL)"
            ),
            {"role": role},
        )
    older.migrate()
    people = People(older, ManualClock(2), system_entropy, "t")
    found = people.find("p")
    assert found is not None
    assert [one.id for one in found.roles] == [role]
    assert found.permissions == found.roles[0].permissions != frozenset()
