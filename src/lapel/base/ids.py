"""Identifiers and their printed forms."""

import re
import uuid
from typing import NewType

from lapel.base.errors import MalformedError

RecordingId = NewType("RecordingId", bytes)
Serial = NewType("Serial", str)

_SERIAL = re.compile(r"[A-Z0-9-]{4,16}")


def recording_id(raw: bytes) -> RecordingId:
    """Check that `raw` is 16 bytes."""
    if len(raw) != 16:
        raise MalformedError("a recording id has 16 bytes")
    return RecordingId(raw)


def recording_name(recording: bytes) -> str:
    """Print a recording id as a lower-case UUID."""
    return str(uuid.UUID(bytes=recording))


def parse_recording_name(name: str) -> RecordingId:
    """Read what `recording_name` printed; no other spelling is accepted."""
    try:
        raw = uuid.UUID(name).bytes
    except ValueError:
        raw = b""
    if not raw or recording_name(raw) != name:
        raise MalformedError(f"not a recording id: {name!r}")
    return RecordingId(raw)


def serial(text: str) -> Serial:
    """Check a serial: 4 to 16 of `A-Z 0-9 -`, as printed on the body."""
    if not _SERIAL.fullmatch(text):
        raise MalformedError(f"a serial is 4 to 16 of A-Z 0-9 -, not {text!r}")
    return Serial(text)
