"""CBOR as this project allows it: one encoding for each value, nothing else read.

Integers of at most 64 bits, byte strings, UTF-8 text, arrays, maps with unsigned
integer keys in rising order, true, false, null. No floats, tags, indefinite lengths,
duplicate keys, long forms or trailing bytes (RFC 8949 section 4.2.1, narrowed).
Tag 18 exists only around a signed document and is read in `lapel.wire.cose`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from lapel.base.errors import MalformedError

Value: TypeAlias = (
    "int | bytes | str | bool | Sequence[Value] | Mapping[int, Value] | None"
)
"""What a document may hold."""

MAX_NESTING: Final = 16
"""Most arrays and maps inside each other."""

_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_SIMPLE_VALUES: Final = {0xF4: False, 0xF5: True, 0xF6: None}


def head(major: int, argument: int) -> bytes:
    """Encode the shortest head of a data item (RFC 8949 section 3)."""
    first = major << 5
    if argument < 24:
        return bytes((first | argument,))
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes((first | code,)) + argument.to_bytes(size, "big")
    raise MalformedError("an integer of more than 64 bits")


def encode(value: Value) -> bytes:
    """Encode `value`; raises `MalformedError` for what the format has no place for."""
    return b"".join(_encode(value, 0))


def encode_parts(value: Value) -> list[bytes]:
    """Encode `value` as parts to send one after the other: nothing large is copied."""
    return _encode(value, 0)


def _encode(value: Value, depth: int) -> list[bytes]:
    match value:
        case bool() | None:
            return [bytes((0xF4 + (False, True, None).index(value),))]
        case int():
            return [head(_UINT, value) if value >= 0 else head(_NINT, -1 - value)]
        case bytes():
            return [head(_BYTES, len(value)), value]
        case str():
            return _encode_text(value)
        case _:
            return _encode_container(value, depth)


def _encode_text(value: str) -> list[bytes]:
    try:
        text = value.encode()
    except UnicodeEncodeError as error:
        raise MalformedError("text that is not Unicode") from error
    return [head(_TEXT, len(text)), text]


def _encode_container(
    value: Sequence[Value] | Mapping[int, Value], depth: int
) -> list[bytes]:
    if depth >= MAX_NESTING:
        raise MalformedError("nested too deep")
    if not isinstance(value, Mapping):
        parts = [head(_ARRAY, len(value))]
        for item in value:
            parts += _encode(item, depth + 1)
        return parts
    parts = [head(_MAP, len(value))]
    for key in sorted(value):
        if isinstance(key, bool) or key < 0:
            raise MalformedError("map keys are unsigned integers")
        parts.append(head(_UINT, key))
        parts += _encode(value[key], depth + 1)
    return parts


def decode(data: bytes | memoryview, limit: int = 4096) -> Value:
    """Decode exactly one value of at most `limit` bytes, in its only encoding."""
    if len(data) > limit:
        raise MalformedError(f"longer than {limit} bytes")
    reader = _Reader(data)
    value = reader.value(0)
    if reader.position != len(data):
        raise MalformedError("bytes after the value")
    return value


def decode_map(data: bytes | memoryview, limit: int = 4096) -> Mapping[int, Value]:
    """Decode a value that must be a map."""
    value = decode(data, limit)
    if not isinstance(value, Mapping):
        raise MalformedError("not a map")
    return value


class _Reader:
    """A position in bytes that are read item by item."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        self.position = 0

    def _take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self._data):
            raise MalformedError("ends too early")
        taken = bytes(self._data[self.position : end])
        self.position = end
        return taken

    def _head(self) -> tuple[int, int]:
        first = self._take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24:
            return major, low
        if low > 27:
            raise MalformedError("indefinite or reserved length")
        size = 1 << (low - 24)
        argument = int.from_bytes(self._take(size), "big")
        shortest = 24 if size == 1 else 1 << 4 * size
        if argument < shortest:
            raise MalformedError("an integer longer than it needs to be")
        return major, argument

    def value(self, depth: int) -> Value:
        first = self._data[self.position : self.position + 1]
        if first and first[0] in _SIMPLE_VALUES:
            self.position += 1
            return _SIMPLE_VALUES[first[0]]
        major, argument = self._head()
        if major <= _NINT:
            return argument if major == _UINT else -1 - argument
        if major <= _TEXT:
            taken = self._take(argument)
            return taken if major == _BYTES else _text(taken)
        if depth >= MAX_NESTING:
            raise MalformedError("nested too deep")
        if major > _MAP or argument > len(self._data) - self.position:
            raise MalformedError("ends too early, or is of a kind not allowed")
        if major == _MAP:
            return self._map(argument, depth)
        return tuple([self.value(depth + 1) for _ in range(argument)])

    def _map(self, items: int, depth: int) -> Mapping[int, Value]:
        result: dict[int, Value] = {}
        last = -1
        for _ in range(items):
            major, key = self._head()
            if major != _UINT or key <= last:
                raise MalformedError("map keys are unsigned integers in rising order")
            result[key] = self.value(depth + 1)
            last = key
        return result


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("text that is not UTF-8") from error
