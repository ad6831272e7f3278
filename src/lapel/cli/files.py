"""Files that commands read: bounded, mapped, named in errors; text that they show."""

import mmap
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lapel.base.errors import MalformedError, NotFoundError


def read_small(path: Path, most: int = 16 << 20) -> bytes:
    """Read a file of at most `most` bytes.

    Raises `NotFoundError`, or `MalformedError` when it is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    if len(data) > most:
        raise MalformedError(f"{path}: larger than {most} bytes")
    return data


@contextmanager
def mapped(path: Path) -> Generator[memoryview]:
    """Map a regular file of any size; raises `NotFoundError`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotFoundError(f"{path}: not a file")
        file = path.open("rb")
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    with file:
        if status.st_size == 0:
            yield memoryview(b"")
            return
        # Left to the garbage collector: slices of the view may outlive this block.
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_SEQUENTIAL"):
            mapping.madvise(mmap.MADV_SEQUENTIAL)
        yield memoryview(mapping)


def printable(text: str) -> str:
    """Escape what is no letter, sign or space: nothing shown can move the cursor.

    Names and words in a file are its maker's, who may want to write a verdict.
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in text
    )
