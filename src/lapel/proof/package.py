"""Proof package: a recording with all that proves it, in one zip (formats 12).

The names are a closed list. Nothing inside is trusted because it is inside: whoever
verifies brings their own anchors, and those in the package are shown as fingerprints.
"""

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from lapel.base.errors import MalformedError

MEDIA: Final = "recording.mp4"
SEALED: Final = "recording.sealed"
CLOSING: Final = "recording.closing"
RECEIPT: Final = "recording.receipt"
ENVELOPE: Final = "recording.envelope"
JOURNAL: Final = "journal.cose"
CUSTODY: Final = "custody.json"
CHECKPOINT: Final = "checkpoint"
CERTIFICATES: Final = "certificates.pem"
REVOCATIONS: Final = "revocations.pem"
REPORT: Final = "report.txt"
CLIP: Final = "clip"
VERIFIER: Final = "verify.html"
VERIFIER_FILE: Final = Path(__file__).parent / VERIFIER
"""The verifier's page, as it comes with this program."""

SMALL_MOST: Final = 64 << 20
BOUNDS: Final = {
    MEDIA: 1 << 40,
    SEALED: 1 << 40,
    CLOSING: 8192,
    RECEIPT: 70_000,
    ENVELOPE: 4096,
    JOURNAL: SMALL_MOST,
    CUSTODY: SMALL_MOST,
    CHECKPOINT: 65_536,
    CERTIFICATES: 1 << 20,
    REVOCATIONS: 16 << 20,
    REPORT: 1 << 20,
    CLIP: 0,
    VERIFIER: 4 << 20,
}
"""All names that may stand in a package, and how large each may be."""

LARGE: Final = (MEDIA, SEALED)
"""Parts that are never held in memory."""
PROVE_THEMSELVES: Final = frozenset({MEDIA, CUSTODY, CHECKPOINT})
"""Parts that the custody log does not name by their hash."""

_LOCAL: Final = struct.Struct("<4s2xHH4xIIIHH")
_DESCRIPTORS: Final = (struct.Struct("<4sIII"), struct.Struct("<4sIQQ"))
_DESCRIBED: Final = 8
_TAIL: Final = 56 + 20 + 22
_DIRECTORY_MOST: Final = 1 << 14
_FIXED_TIME: Final = (2026, 1, 1, 0, 0, 0)


class _Pipe:
    """Collects what zipfile writes, so that it can be streamed; it cannot seek."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        taken = b"".join(self.pieces)
        self.pieces.clear()
        return taken


def build(
    small: Mapping[str, bytes],
    media: Iterator[bytes],
    sealed: Iterator[bytes] | None = None,
) -> Iterator[bytes]:
    """Build a package as a stream: the small files, the recording, the sealed file.

    Recordings pass through piece by piece and are never held whole.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(cast("IO[bytes]", pipe), "w") as package:
        for name, data in small.items():
            if len(data) > BOUNDS.get(name, -1) or name in LARGE:
                raise MalformedError(f"{name} does not belong into a package")
            package.writestr(zipfile.ZipInfo(name, _FIXED_TIME), data)
            yield pipe.taken()
        for name, pieces in ((MEDIA, media), (SEALED, sealed)):
            if pieces is None:
                continue
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            with package.open(info, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield pipe.taken()
    yield pipe.taken()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part's own bytes lie in the package."""

    start: int
    size: int


@dataclass(frozen=True)
class Package:
    """An opened package: small parts in memory, the places of the large ones."""

    places: Mapping[str, Place]
    small: Mapping[str, bytes]

    @property
    def names(self) -> frozenset[str]:
        """Names of all parts."""
        return frozenset(self.places)

    @property
    def clip(self) -> bool:
        """Whether the package says that its recording is a clip."""
        return CLIP in self.small

    def media(self, data: memoryview) -> memoryview:
        """Give the recording inside the package's own bytes, without a copy."""
        return self.part(data, MEDIA)

    def part(self, data: memoryview, name: str) -> memoryview:
        """Give a part inside the package's own bytes, without a copy."""
        place = self.places[name]
        if place.start + place.size > len(data):
            raise MalformedError("a package that is cut")
        return data[place.start : place.start + place.size]


def is_package(beginning: bytes | memoryview) -> bool:
    """Whether a file's first bytes are those of a zip."""
    return bytes(beginning[:4]) in {b"PK\3\4", b"PK\5\6"}


def _check_directory(file: IO[bytes]) -> None:
    """Bound the directory before anything of it is read into memory.

    1. It ends the file, without a comment. 2. It is not larger than the names of the
    list need, in its old form and, where there is one, in its 64-bit form.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - _TAIL, 0))
    tail = file.read(_TAIL).rjust(_TAIL, b"\0")
    wide, locator, end = tail[:56], tail[56:76], tail[76:]
    most = int.from_bytes(end[12:16], "little")
    if end[:4] != b"PK\5\6" or end[20:] != b"\0\0":
        raise MalformedError("not a proof package, or a damaged one")
    if locator[:4] == b"PK\6\7":
        if int.from_bytes(locator[8:16], "little") != size - _TAIL:
            raise MalformedError("a package whose directory lies elsewhere")
        most = int.from_bytes(wide[40:48], "little")
    if most > _DIRECTORY_MOST:
        raise MalformedError("a package with too many names")


def open_package(file: IO[bytes]) -> Package:
    """Open a package; raises `MalformedError`.

    1. Its directory is small. 2. Names are from the list, each once. 3. Nothing is
    compressed or encrypted, so sizes are what they say. 4. Each is within its bound.
    5. The recording is there. 6. The parts lie one behind the other from the first byte
    to the directory, and say of themselves what the directory says of them.
    """
    try:
        _check_directory(file)
        package = zipfile.ZipFile(file)
        entries = package.infolist()
        _check_names(entries)
        places = _places(file, entries, package.start_dir)
        small = {name: package.read(name) for name in places if name not in LARGE}
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        struct.error,
    ) as error:
        raise MalformedError("not a proof package, or a damaged one") from error
    return Package(places, small)


def _check_names(entries: Sequence[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & ~_DESCRIBED:
            raise MalformedError(f"{entry.filename} is compressed or encrypted")
        if not 0 <= entry.file_size <= BOUNDS.get(entry.filename, -1):
            raise MalformedError(f"{entry.filename} does not belong into a package")
    if len(set(names)) != len(names) or MEDIA not in names:
        raise MalformedError("a package with a name twice or without its recording")


def _places(
    file: IO[bytes], entries: Sequence[zipfile.ZipInfo], directory: int
) -> dict[str, Place]:
    """Walk the parts as they lie; each begins where the one before it ended."""
    found: dict[str, Place] = {}
    at = 0
    for entry in entries:
        if entry.header_offset != at or entry.compress_size != entry.file_size:
            raise MalformedError("a package with bytes between its parts")
        file.seek(at)
        name = entry.filename.encode()
        signature, flags, method, *told, named, extra = _LOCAL.unpack(
            file.read(_LOCAL.size)
        )
        if (signature, flags, method) != (b"PK\3\4", entry.flag_bits, 0):
            raise MalformedError("a part that says something else than the directory")
        if named != len(name) or file.read(named) != name:
            raise MalformedError("a package that names a part in two ways")
        start = at + _LOCAL.size + named + extra
        at = start + entry.file_size
        if flags & _DESCRIBED:
            at += _described(file, at, entry)
        elif told != [entry.CRC, entry.file_size, entry.file_size]:
            raise MalformedError("a part that says something else than the directory")
        found[entry.filename] = Place(start, entry.file_size)
    if at != directory:
        raise MalformedError("a package with bytes between its parts")
    return found


def _described(file: IO[bytes], at: int, entry: zipfile.ZipInfo) -> int:
    """Size of the descriptor at `at`, which must say what the directory says."""
    wanted = (b"PK\7\x08", entry.CRC, entry.file_size, entry.file_size)
    for form in _DESCRIPTORS:
        file.seek(at)
        raw = file.read(form.size)
        if len(raw) == form.size and form.unpack(raw) == wanted:
            return form.size
    raise MalformedError("a part that says something else than the directory")
