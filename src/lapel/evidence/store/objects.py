"""Files of recordings: one writer each, durable when they are put in their place."""

import contextlib
import ctypes
import errno
import functools
import os
import re
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lapel.base.errors import NotFoundError, StorageFullError
from lapel.base.faults import point
from lapel.evidence.store.folder import Folder
from lapel.ports.private import sync_directory

RESERVE: Final = 64 << 20
"""Bytes that no upload may take: the database and the log go on working."""

_NAME: Final = re.compile(r"[0-9a-f]{32}")
_FLUSH_EVERY: Final = 1 << 20
_BEGIN_WRITING: Final = 2


class Part:
    """A file that grows at its end; one thread may close it while another writes."""

    def __init__(self, path: Path) -> None:
        """Open the file for appending."""
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self._lock = threading.Lock()
        self._closed = False
        self._flushed = self.size = os.fstat(self._fd).st_size

    def write(self, data: bytes) -> None:
        """Append `data`; on a full disk nothing of it stays.

        Raises NotFoundError once it was closed: its number may name another file.
        """
        view = memoryview(data)
        with self._open() as fd:
            try:
                while view:
                    written = os.write(fd, view)
                    view = view[written:]
            except OSError as error:
                os.ftruncate(fd, self.size)
                raise _full(error) from error
            self.size += len(data)
            if self.size - self._flushed >= _FLUSH_EVERY:
                start_flush(fd, self._flushed, self.size - self._flushed)
                self._flushed = self.size

    def cut(self, size: int) -> None:
        """Take back what was written behind `size`."""
        with self._open() as fd:
            os.ftruncate(fd, size)
            self.size = size
            self._flushed = min(self._flushed, size)

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._fd)

    @contextmanager
    def _open(self) -> Generator[int]:
        with self._lock:
            if self._closed:
                raise NotFoundError("this upload was ended")
            yield self._fd


@functools.cache
def _sync_file_range() -> Callable[[int, int, int, int], int] | None:
    """Find the system call that begins writing without waiting; Linux has it."""
    found = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if found is None:
        return None
    found.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)

    def call(fd: int, offset: int, size: int, flags: int) -> int:
        return int(found(fd, offset, size, flags))

    return call


def start_flush(fd: int, offset: int, size: int) -> None:
    """Let the kernel begin to write, so that the sync at the end is short."""
    call = _sync_file_range()
    if call is not None:
        call(fd, offset, size, _BEGIN_WRITING)


class Objects:
    """Parts that arrive, objects that stay, files that are held aside."""

    def __init__(self, folder: Folder) -> None:
        """Use the sub-folders of `folder`, and make those that objects lie in."""
        self._folder = folder
        made = [_make(folder.objects / f"{number:02x}") for number in range(256)]
        if any(made):
            sync_directory(folder.objects)

    def begin(self, name: str, length: int) -> None:
        """Create an empty part; raises StorageFullError where `length` has no room."""
        room = os.statvfs(self._folder.root)
        if room.f_bavail * room.f_frsize < length + RESERVE:
            raise StorageFullError(
                "the server's disk has no room for this recording; nothing was written"
            )
        path = self._part(name)
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError as error:
            raise _full(error) from error
        os.close(fd)

    def grow(self, name: str) -> Part:
        """Open a part for appending; raises NotFoundError."""
        try:
            return Part(self._part(name))
        except FileNotFoundError as error:
            raise NotFoundError("this upload is not here any more") from error

    def arrived(self, name: str) -> int | None:
        """Bytes that arrived, in a part or in the object that it became."""
        for path in (self._part(name), self.path(name)):
            with contextlib.suppress(FileNotFoundError):
                return path.stat().st_size
        return None

    def seal_in(self, name: str) -> None:
        """Make a part an object, under its own name and synced.

        Until a row names it, it is no more than the part was. It is renamed before it
        is synced, so that one wait for the disk serves for both. A part that is an
        object already stays as it is.
        """
        part, target = self._part(name), self.path(name)
        try:
            part.replace(target)
        except FileNotFoundError:
            if not target.exists():
                raise
        point("ingest.after-rename")
        _sync(target)
        point("ingest.after-sync")
        sync_directory(target.parent)

    def hold(self, name: str) -> None:
        """Put a part aside."""
        part, target = self._part(name), self.held_path(name)
        if not part.exists() and target.exists():
            return
        _sync(part)
        part.replace(target)
        sync_directory(self._folder.held)

    def release(self, name: str) -> None:
        """Make a file that was held aside an object."""
        held, target = self.held_path(name), self.path(name)
        if not held.exists() and target.exists():
            return
        held.replace(target)
        sync_directory(target.parent)

    def drop_part(self, name: str) -> None:
        """Remove a part."""
        self._part(name).unlink(missing_ok=True)

    def drop_held(self, name: str) -> None:
        """Remove a file that was held aside."""
        self.held_path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Where an object lies."""
        return self._folder.objects / _checked(name)[:2] / name

    def held_path(self, name: str) -> Path:
        """Where a file lies that is held aside."""
        return self._folder.held / _checked(name)

    def arrived_blocks(self, name: str) -> Iterator[bytes]:
        """Read the bytes of an upload: still a part, or an object already."""
        try:
            yield from blocks(self._part(name))
        except FileNotFoundError:
            yield from blocks(self.path(name))

    def _part(self, name: str) -> Path:
        return self._folder.uploads / _checked(name)


def blocks(path: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """Read a file in pieces."""
    with path.open("rb", buffering=0) as source:
        while block := source.read(size):
            yield block


@contextmanager
def opened(path: Path) -> Generator[int]:
    """Give a file descriptor for reading; raises NotFoundError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotFoundError("the stored file is gone from the disk") from error
    try:
        yield fd
    finally:
        os.close(fd)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NotFoundError("no such file")
    return name


def _make(path: Path) -> bool:
    """Make a directory; says whether it was missing."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return False
    return True


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        raise _full(error) from error
    finally:
        os.close(fd)


def _full(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError("the server's disk is full; nothing is lost")
    return error
