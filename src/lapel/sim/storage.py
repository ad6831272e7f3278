"""Storage in memory, and a disk that tears what was not made durable.

`LoggedFiles` notes each operation; `crash` gives what a disk may hold after a power cut
behind any of them: of what came after a file's last sync, each sector was written, lost
or zeroed, in any order.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from typing_extensions import override

from lapel.base.errors import NotFoundError, StorageFullError

SECTOR: Final = 512


class Fate(Enum):
    """What becomes of a sector that was not durable."""

    WRITTEN = 0
    LOST = 1
    ZEROED = 2


class Act(Enum):
    """An operation that changes storage."""

    WRITE = 0
    SYNC = 1
    CUT = 2
    REPLACE = 3
    REMOVE = 4


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: on which file, with which bytes, at which size or place."""

    act: Act
    name: str
    data: bytes = b""
    at: int = 0


class MemoryFiles:
    """Implements `lapel.ports.files.Files`; `capacity` bounds the bytes held."""

    def __init__(
        self, held: dict[str, bytes] | None = None, capacity: int = 1 << 40
    ) -> None:
        """Begin with `held`."""
        self.held = {name: bytearray(data) for name, data in (held or {}).items()}
        self.capacity = capacity
        self.failing = 0
        self.blind = False
        """Whether folders cannot be listed."""

    def _note(self, operation: Operation) -> None:
        """Take note of a change; nothing to do here."""

    def check_room(self, more: int) -> None:
        """Raise `StorageFullError` where `more` bytes have no room."""
        if self.failing:
            self.failing -= 1
            raise OSError(5, "input/output error")
        if self.free() < more:
            raise StorageFullError("the camera's storage is full")

    def free(self) -> int:
        """Bytes that can still be written."""
        return self.capacity - sum(map(len, self.held.values()))

    def read(self, name: str, start: int = 0, size: int | None = None) -> bytes:
        """Read a part of a file."""
        if name not in self.held:
            raise NotFoundError(f"there is no {name}")
        end = None if size is None else start + size
        return bytes(self.held[name][start:end])

    @contextmanager
    def view(self, name: str) -> Generator[memoryview]:
        """Look at a whole file."""
        yield memoryview(self.read(name))

    def size(self, name: str) -> int | None:
        """Bytes of a file."""
        return len(self.held[name]) if name in self.held else None

    def names(self, folder: str) -> list[str]:
        """Names in a folder."""
        if self.blind:
            raise OSError(5, "input/output error")
        inside = [n for n in self.held if n.startswith(folder + "/")]
        return sorted(n[len(folder) + 1 :] for n in inside)

    def replace(self, name: str, data: bytes) -> None:
        """Put a whole file in place."""
        self.check_room(len(data))
        self.held[name] = bytearray(data)
        self._note(Operation(Act.REPLACE, name, data))

    def remove(self, name: str) -> None:
        """Remove a file."""
        if self.held.pop(name, None) is not None:
            self._note(Operation(Act.REMOVE, name))

    def append(self, name: str) -> "MemoryFile":
        """Open a file to grow."""
        self.held.setdefault(name, bytearray())
        return MemoryFile(self, name, self._note)


@dataclass(slots=True)
class MemoryFile:
    """Implements `lapel.ports.files.Appendable`."""

    files: MemoryFiles
    name: str
    note: Callable[[Operation], None]

    @property
    def size(self) -> int:
        """Bytes it has."""
        return len(self.files.held[self.name])

    def write(self, data: bytes) -> None:
        """Append; where there is no room a part of it is written, as disks do."""
        at = self.size
        try:
            self.files.check_room(len(data))
        except (StorageFullError, OSError):
            part = data[: max(0, min(self.files.free(), len(data) // 2))]
            self.files.held[self.name] += part
            self.note(Operation(Act.WRITE, self.name, part, at))
            raise
        self.files.held[self.name] += data
        self.note(Operation(Act.WRITE, self.name, data, at))

    def sync(self) -> None:
        """Make it durable."""
        self.note(Operation(Act.SYNC, self.name))

    def cut(self, size: int) -> None:
        """Shorten it."""
        del self.files.held[self.name][size:]
        self.note(Operation(Act.CUT, self.name, at=size))

    def close(self) -> None:
        """Give it back."""


class LoggedFiles(MemoryFiles):
    """Storage in memory that keeps a log of all that was done."""

    def __init__(
        self, held: dict[str, bytes] | None = None, capacity: int = 1 << 40
    ) -> None:
        """Begin with `held`, durable."""
        super().__init__(held, capacity)
        self.start = {name: bytes(data) for name, data in self.held.items()}
        self.log: list[Operation] = []

    @override
    def _note(self, operation: Operation) -> None:
        self.log.append(operation)


@dataclass(slots=True)
class _Platter:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list[Operation])
    named: bool = False


def crash(
    start: dict[str, bytes], log: list[Operation], fate: Callable[[], Fate]
) -> dict[str, bytes]:
    """Give what storage may hold after a power cut behind the end of `log`."""
    platters = {
        name: _Platter(bytearray(data), named=True) for name, data in start.items()
    }
    for operation in log:
        match operation.act:
            case Act.REPLACE:
                platters[operation.name] = _Platter(
                    bytearray(operation.data), named=True
                )
            case Act.REMOVE:
                platters.pop(operation.name, None)
            case Act.SYNC:
                platter = platters.setdefault(operation.name, _Platter())
                _settle(platter, lambda: Fate.WRITTEN)
                platter.named = True
            case Act.WRITE | Act.CUT:
                platters.setdefault(operation.name, _Platter()).pending.append(
                    operation
                )
    left: dict[str, bytes] = {}
    for name, platter in platters.items():
        if not platter.named and fate() is Fate.LOST:
            continue
        _settle(platter, fate)
        left[name] = bytes(platter.durable)
    return left


def _settle(platter: _Platter, fate: Callable[[], Fate]) -> None:
    for operation in platter.pending:
        if operation.act is Act.CUT:
            if fate() is not Fate.LOST:
                del platter.durable[operation.at :]
            continue
        for sector, place in _sectors(operation):
            _put(platter.durable, sector, place, fate())
    platter.pending.clear()


def _sectors(operation: Operation) -> Iterator[tuple[bytes, int]]:
    place, end = operation.at, operation.at + len(operation.data)
    while place < end:
        following = min(end, (place // SECTOR + 1) * SECTOR)
        start = operation.at
        yield operation.data[place - start : following - start], place
        place = following


def _put(durable: bytearray, sector: bytes, place: int, fate: Fate) -> None:
    if fate is Fate.LOST:
        return
    if len(durable) < place:
        durable.extend(bytes(place - len(durable)))
    content = sector if fate is Fate.WRITTEN else bytes(len(sector))
    durable[place : place + len(sector)] = content
