"""Proof packages: a closed list, stored, bounded."""

import io
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.proof import package
from tests.golden import recording

MEDIA = recording().expected("file")
SMALL = {package.CLOSING: b"entry", package.REPORT: b"words", package.CLIP: b""}


def built() -> bytes:
    pieces = (MEDIA[i : i + 100] for i in range(0, len(MEDIA), 100))
    return b"".join(package.build(SMALL, pieces))


def test_a_package_comes_back_as_it_was() -> None:
    data = built()
    opened = package.open_package(io.BytesIO(data))
    assert opened.media(memoryview(data)) == MEDIA
    assert opened.small == SMALL
    assert opened.clip
    assert built() == data
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize("name", ["../x", "other", package.MEDIA])
def test_other_names_are_not_built(name: str) -> None:
    with pytest.raises(MalformedError):
        list(package.build({name: b""}, iter([b""])))


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as made:
        warnings.simplefilter("ignore")
        for name, data in entries:
            made.writestr(name, data)
    return file


@pytest.mark.parametrize(
    "file",
    [
        zipped(),
        zipped(("report.txt", b"")),
        zipped((package.MEDIA, b"x"), ("../../etc/x", b"")),
        zipped((package.MEDIA, b"x"), ("extra", b"")),
        zipped((package.MEDIA, b"x"), (package.MEDIA, b"y")),
        zipped((package.MEDIA, b"x"), (package.CLOSING, bytes(9000))),
        zipped((package.MEDIA, bytes(9000)), method=zipfile.ZIP_DEFLATED),
    ],
    ids=["empty", "bare", "path", "extra", "twice", "large", "deflated"],
)
def test_other_packages_are_refused(file: io.BytesIO) -> None:
    with pytest.raises(MalformedError):
        package.open_package(file)


@given(st.integers(0, 100_000), st.integers(1, 255))
def test_a_damaged_package_is_refused_or_read(place: int, change: int) -> None:
    data = bytearray(built())
    data[place % len(data)] ^= change
    try:
        package.open_package(io.BytesIO(data)).media(memoryview(data))
    except MalformedError:
        pass


def two_stories(data: bytes) -> list[bytes]:
    """Packages in which the parts and the directory say different things."""
    renamed = data.replace(b"report.txt", b"journal.co", 1)
    sized = bytearray(data)
    sized[14] ^= 1
    behind = data.find(b"PK\1\2")
    between = data[:behind] + b"\0" + data[behind:]
    return [b"\0" + data, renamed, bytes(sized), between, data + b"\0"]


@pytest.mark.parametrize("number", range(5))
def test_bytes_that_only_one_reader_sees_are_refused(number: int) -> None:
    plain = zipped((package.MEDIA, b"film"), (package.REPORT, b"words")).getvalue()
    assert package.open_package(io.BytesIO(plain)).names
    with pytest.raises(MalformedError):
        package.open_package(io.BytesIO(two_stories(plain)[number]))
