"""Files that commands read: bounded, mapped, named in errors."""

import mmap
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lapel.base.errors import NotFoundError


def read_small(path: Path, most: int = 16 << 20) -> bytes:
    """Read a file of at most `most` bytes; raises `NotFoundError`."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)[:most]
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error


@contextmanager
def mapped(path: Path) -> Generator[memoryview]:
    """Map a file of any size; raises `NotFoundError`."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    with file:
        if path.stat().st_size == 0:
            yield memoryview(b"")
            return
        # Left to the garbage collector: slices of the view may outlive this block.
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_SEQUENTIAL"):
            mapping.madvise(mmap.MADV_SEQUENTIAL)
        yield memoryview(mapping)
