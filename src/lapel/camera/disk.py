"""The camera's folder on a real file system."""

import errno
import mmap
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from lapel.base.errors import NotFoundError, StorageFullError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def _telling_full() -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError("the camera's storage is full") from error
        raise


class DiskFile:
    """Implements `lapel.ports.files.Appendable`."""

    def __init__(self, path: Path, disk: "Disk") -> None:
        """Open for appending, 0600."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._named = path.exists()
        self._folder = path.parent
        self._disk = disk
        with _telling_full():
            self._handle = os.open(path, flags, 0o600)
        self._size = os.fstat(self._handle).st_size

    @property
    def size(self) -> int:
        """Bytes it has."""
        return self._size

    def write(self, data: bytes) -> None:
        """Append all of `data`; after an error some of it may be there."""
        self._disk.claim(len(data))
        rest = memoryview(data)
        with _telling_full():
            while rest:
                written = os.write(self._handle, rest)
                self._size += written
                rest = rest[written:]

    def sync(self) -> None:
        """Make what was written durable, and the name of a new file."""
        with _telling_full():
            os.fdatasync(self._handle)
            if not self._named:
                sync_folder(self._folder)
                self._named = True

    def cut(self, size: int) -> None:
        """Shorten the file."""
        os.ftruncate(self._handle, size)
        self._size = size

    def close(self) -> None:
        """Give the file back; a second time does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place at once, 0600; not durable, for what shows the present."""
    beside = path.with_name(path.name + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
        file.write(data)
    beside.replace(path)


class Disk:
    """Implements `lapel.ports.files.Files`; `capacity` bounds what the folder holds."""

    def __init__(self, root: Path, capacity: int | None = None) -> None:
        """Use `root`, made 0700 when it is not there."""
        self._root = root
        self._capacity = capacity
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _path(self, name: str) -> Path:
        path = self._root / name
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
        return path

    def _used(self) -> int:
        total = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                with suppress(OSError):
                    total += (Path(folder) / name).lstat().st_size
        return total

    def claim(self, size: int) -> None:
        """Raise `StorageFullError` where the capacity has no room for `size` bytes."""
        if self._capacity is not None and self._used() + size > self._capacity:
            raise StorageFullError("the camera's storage is full")

    def free(self) -> int:
        """Bytes that can still be written."""
        room = shutil.disk_usage(self._root).free
        if self._capacity is None:
            return room
        return max(0, min(room, self._capacity - self._used()))

    def read(self, name: str, start: int = 0, size: int | None = None) -> bytes:
        """Read a part of a file; raises `NotFoundError`."""
        try:
            with (self._root / name).open("rb") as file:
                file.seek(start)
                return file.read(-1 if size is None else size)
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no {name}") from error

    @contextmanager
    def view(self, name: str) -> Generator[memoryview]:
        """Map a whole file; raises `NotFoundError`."""
        try:
            with (self._root / name).open("rb") as file:
                if not os.fstat(file.fileno()).st_size:
                    yield memoryview(b"")
                    return
                with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                    seen = memoryview(mapped)
                    try:
                        yield seen
                    finally:
                        seen.release()
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no {name}") from error

    def size(self, name: str) -> int | None:
        """Bytes of a file; None when there is none."""
        try:
            return (self._root / name).stat().st_size
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, sorted, without what was half put there."""
        place = self._root / folder
        if not place.is_dir():
            return []
        found = [entry.name for entry in place.iterdir() if entry.is_file()]
        return sorted(name for name in found if not name.endswith(".new"))

    def replace(self, name: str, data: bytes) -> None:
        """Write beside it, make that durable, and rename."""
        path = self._path(name)
        beside = path.with_name(path.name + ".new")
        self.claim(len(data))
        with _telling_full():
            handle = os.open(
                beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
            )
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(path)
            except OSError:
                beside.unlink(missing_ok=True)
                raise
            sync_folder(path.parent)

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""
        path = self._root / name
        if path.exists():
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def append(self, name: str) -> DiskFile:
        """Open a file to grow."""
        return DiskFile(self._path(name), self)
