"""SQLite: many readers, one writer, transactions that are whole or not at all."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from lapel.base.errors import SetupError, StorageFullError, UnloggedError

metadata = MetaData()

_MIGRATIONS = Path(__file__).parent / "migrations"
_FULL = ("database or disk is full", "disk i/o error")
_ACTS = "lapel acts"


class Quiet(StrEnum):
    """Why a transaction may change rows although it logs no act; a closed list."""

    SEEN = "when a session or a device was heard of last"
    TOKENS = "secrets between one step and the next; the act they lead to is logged"
    UPLOAD = "bytes on their way; what comes of them is logged"
    DERIVED = "what can be made again from recordings at any time"
    PROOF = "signatures over the log, which follow its acts"
    OWN = "how pages look to the one person who set it"
    SETUP = "what an agency begins with, in the program and in simulations"


class Database:
    """The one door to SQL. Reads run side by side; writes take one lock."""

    def __init__(self, path: Path) -> None:
        """Open `path`, which is created when it is missing."""
        self.path = path
        self._lock = threading.RLock()
        path.touch(mode=0o600)
        self._engine = _engine(path)

    def migrate(self, target: str = "head") -> None:
        """Bring the schema to this version; an older file is copied first.

        Raises SetupError for a file of a newer version; it is left as it is.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["engine"] = self._engine
        with self._engine.connect() as connection:
            version = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(config)
        known = {script.revision for script in scripts.walk_revisions()}
        if version is not None and version not in known:
            raise SetupError(
                f"{self.path} is of version {version}, which this Lapel does not know; "
                "use the newer Lapel that made it"
            )
        if version is not None and version != scripts.get_current_head():
            self.backup(self.path.with_name(f"{self.path.name}.{version}.backup"))
        command.upgrade(config, target)

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Give a connection that sees one state of the database."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(
        self, quiet: Quiet | None = None, *, lasting: bool = True
    ) -> Generator[Connection]:
        """Give a transaction; it commits when the block ends, or leaves no trace.

        One that changes rows has to log an act or to name why it is `quiet`; else it is
        taken back and UnloggedError raised. With `lasting=False` a power cut may take
        it back, until the next transaction that lasts; for what a device simply sends
        again.
        """
        try:
            with self._lock, self._engine.connect() as connection:
                level = "FULL" if lasting else "NORMAL"
                writing = connection.execution_options(lapel_write=level)
                with writing.begin():
                    writing.info[_ACTS] = 0
                    before = _changes(writing)
                    yield writing
                    acts: int = writing.info[_ACTS]
                    if not quiet and not acts and _changes(writing) != before:
                        raise UnloggedError("rows were changed and no act logged")
        except OperationalError as error:
            if any(words in str(error).lower() for words in _FULL):
                raise StorageFullError("the server's disk is full") from error
            raise

    def backup(self, target: Path) -> None:
        """Write a consistent copy of the database to `target`."""
        with (
            closing(sqlite3.connect(self.path)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        target.chmod(0o600)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def acted(connection: Connection) -> None:
    """Note that this transaction logged an act; the custody log alone says so."""
    connection.info[_ACTS] += 1


def _changes(connection: Connection) -> int:
    """Count the rows that this connection has changed since it was opened."""
    count: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return count


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=16,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": 30,
        },
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    level = connection.get_execution_options().get("lapel_write")
    if level:
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if level else "BEGIN")


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -32000",
        "mmap_size = 268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")
