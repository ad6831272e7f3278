"""Storage of a camera: one folder of files, reached through this door only.

Everything that a camera writes goes through it, so that a test can put a disk there
which loses, zeroes and reorders what had not been made durable.
"""

from contextlib import AbstractContextManager
from typing import Protocol


class Appendable(Protocol):
    """A file that grows at its end."""

    @property
    def size(self) -> int:
        """Bytes it has."""
        ...

    def write(self, data: bytes) -> None:
        """Append all of `data`, or raise `StorageFullError` or OSError."""
        ...

    def sync(self) -> None:
        """Make what was written durable, and the file's name with it."""
        ...

    def cut(self, size: int) -> None:
        """Shorten the file to `size` bytes."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class Files(Protocol):
    """Files by name, relative to the camera's folder, `/` between folders."""

    def read(self, name: str, start: int = 0, size: int | None = None) -> bytes:
        """Read a part of a file; raises `NotFoundError`."""
        ...

    def view(self, name: str) -> AbstractContextManager[memoryview]:
        """Look at a whole file without loading it; raises `NotFoundError`."""
        ...

    def size(self, name: str) -> int | None:
        """Bytes of a file; None when there is none."""
        ...

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, sorted."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Put a whole file in place, durably: the old or the new is there."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, durably; one that is not there is fine."""
        ...

    def append(self, name: str) -> Appendable:
        """Open a file to grow; makes it when it is not there."""
        ...

    def free(self) -> int:
        """Bytes that can still be written."""
        ...
