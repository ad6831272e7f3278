"""The folder of one agency's store: what lies where, and who may hold it.

The first agency's is the server's own folder; the others lie below it.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lapel.base.errors import BusyError


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths below one directory; every directory 0700, every file 0600.

    `server` is the server's folder where that is another.
    """

    root: Path
    server: Path | None = None

    @property
    def shared(self) -> Path:
        """The server's folder, with what its agencies share."""
        return self.server or self.root

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "evidence.db"

    @property
    def keys(self) -> Path:
        """Private keys of the tenant, one file each."""
        return self.root / "keys"

    @property
    def signer(self) -> Path:
        """What only the signer reads: the log key and its last checkpoint."""
        return self.shared / "signer"

    @property
    def door(self) -> Path:
        """Keys and certificates of the device door."""
        return self.shared / "door"

    @property
    def agencies(self) -> Path:
        """Stores of the agencies after the first."""
        return self.shared / "agencies"

    def others(self) -> list["Folder"]:
        """Give the stores of the agencies after the first, by name."""
        found = sorted(self.agencies.glob("[0-9a-f]*"))
        return [Folder(path, self.shared) for path in found]

    @property
    def socket(self) -> Path:
        """Where the signer listens."""
        return self.signer / "socket"

    @property
    def objects(self) -> Path:
        """Stored recordings, sealed as they came."""
        return self.root / "objects"

    @property
    def uploads(self) -> Path:
        """Recordings that are still arriving."""
        return self.root / "uploads"

    @property
    def held(self) -> Path:
        """Files held aside until a person decides."""
        return self.root / "held"

    @property
    def thumbs(self) -> Path:
        """Small pictures, sealed under the server's own key."""
        return self.root / "thumbs"

    def make(self) -> None:
        """Create what is missing, with narrow permissions."""
        for path in (
            self.root,
            self.keys,
            self.signer,
            self.door,
            self.agencies,
            self.objects,
            self.uploads,
            self.held,
            self.thumbs,
        ):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def lock(self, name: str = "lock") -> BinaryIO:
        """Take the folder for this process until the file is closed.

        Raises BusyError when another process holds it.
        """
        fd = os.open(self.shared / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        handle = os.fdopen(fd, "r+b", buffering=0)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.close()
            raise BusyError(
                f"{self.shared} is in use by another process; stop it first"
            ) from error
        return handle


@contextmanager
def near(path: Path) -> Generator[str]:
    """Give a short name of `path`: a socket's address holds 107 bytes, a path more."""
    fd = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{path.name}"
    finally:
        os.close(fd)
