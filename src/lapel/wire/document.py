"""Documents declared as data: a frozen value, its CBOR keys and what each may hold.

A document class lists its fields with `keyed(key, kind)`; `encode` and `decode` follow
from the list. Unknown keys, missing keys and values outside their kind are refused.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Generic, Self, TypeVar, dataclass_transform

from lapel.base.errors import MalformedError
from lapel.wire import cbor
from lapel.wire.cbor import Value

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)
D = TypeVar("D", bound="Document")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a field may hold: to CBOR, and from it with all checks."""

    pack: Callable[[T], Value]
    unpack: Callable[[Value], T]


def _same(value: T) -> T:
    return value


def _uint(top: int) -> Kind[int]:
    def unpack(value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise MalformedError("not an unsigned integer")
        if not 0 <= value <= top:
            raise MalformedError("an integer outside its range")
        return value

    return Kind(_same, unpack)


def uint(top: int = (1 << 64) - 1) -> Kind[int]:
    """Unsigned integer of at most `top`."""
    return _uint(top)


def _unpack_bool(value: Value) -> bool:
    if not isinstance(value, bool):
        raise MalformedError("not true or false")
    return value


def _unpack_text(value: Value) -> str:
    if not isinstance(value, str):
        raise MalformedError("not text")
    return value


def octets(size: int | None = None) -> Kind[bytes]:
    """Byte string, of exactly `size` bytes where that is given."""

    def unpack(value: Value) -> bytes:
        if not isinstance(value, bytes):
            raise MalformedError("not a byte string")
        if size is not None and len(value) != size:
            raise MalformedError(f"not {size} bytes")
        return value

    return Kind(_same, unpack)


flag: Kind[bool] = Kind(_same, _unpack_bool)
text: Kind[str] = Kind(_same, _unpack_text)
id16 = octets(16)
hash32 = octets(32)
point65 = octets(65)
kid8 = octets(8)


def as_sequence(value: Value) -> tuple[Value, ...]:
    """Check that a decoded value is an array."""
    if not isinstance(value, tuple | list):
        raise MalformedError("not an array")
    return tuple(value)


def as_map(value: Value) -> Mapping[int, Value]:
    """Check that a decoded value is a map."""
    if not isinstance(value, Mapping):
        raise MalformedError("not a map")
    return value


def many(kind: Kind[T], least: int = 0) -> Kind[tuple[T, ...]]:
    """Array of `kind`, of at least `least` items."""

    def pack(values: tuple[T, ...]) -> Value:
        return tuple(kind.pack(value) for value in values)

    def unpack(value: Value) -> tuple[T, ...]:
        items = as_sequence(value)
        if len(items) < least:
            raise MalformedError(f"fewer than {least} items")
        return tuple(kind.unpack(item) for item in items)

    return Kind(pack, unpack)


def nullable(kind: Kind[T]) -> Kind[T | None]:
    """`kind` or null; the key is always there."""
    return Kind(
        lambda value: None if value is None else kind.pack(value),
        lambda value: None if value is None else kind.unpack(value),
    )


def choice(options: type[E]) -> Kind[E]:
    """One of the numbers of an enumeration."""

    def unpack(value: Value) -> E:
        if isinstance(value, bool) or not isinstance(value, int):
            raise MalformedError("not an unsigned integer")
        try:
            return options(value)
        except ValueError as error:
            raise MalformedError(f"no {options.__name__} {value}") from error

    return Kind(int, unpack)


def nested(document: type[D]) -> Kind[D]:
    """Another document, as a map inside this one."""
    return Kind(lambda value: value.items(), lambda value: document.of(as_map(value)))


any_map: Kind[Mapping[int, Value]] = Kind(_same, as_map)


def keyed(key: int, kind: Kind[T]) -> T:
    """Declare a field that must be there."""
    field: T = dataclasses.field(metadata={"key": key, "kind": kind, "optional": False})
    return field


def maybe(key: int, kind: Kind[T], *, default: None) -> T | None:
    """Declare a field that may be absent; then it is None."""
    field: T | None = dataclasses.field(
        default=default, metadata={"key": key, "kind": kind, "optional": True}
    )
    return field


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    key: int
    kind: Kind[Any]
    optional: bool


@dataclass_transform(frozen_default=True, field_specifiers=(keyed, maybe))
def document(cls: type[D]) -> type[D]:
    """Make a class of declared fields a frozen document."""
    made = dataclass(frozen=True, slots=True)(cls)
    made.SLOTS = tuple(
        _Slot(field.name, **field.metadata) for field in dataclasses.fields(made)
    )
    return made


class Document:
    """What every document can do."""

    __slots__ = ()
    LIMIT: ClassVar[int] = 4096
    SLOTS: ClassVar[tuple[_Slot, ...]] = ()
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def items(self) -> dict[int, Value]:
        """Give the CBOR map of this document, checked as a reader would."""
        result: dict[int, Value] = {}
        for slot in self.SLOTS:
            value = getattr(self, slot.name)
            if value is None and slot.optional:
                continue
            packed: Value = slot.kind.pack(value)
            slot.kind.unpack(packed)
            result[slot.key] = packed
        self.check()
        return result

    def encode(self) -> bytes:
        """Encode; raises `MalformedError` for a value outside its kind."""
        data = cbor.encode(self.items())
        if len(data) > self.LIMIT:
            raise MalformedError(f"longer than {self.LIMIT} bytes")
        return data

    @classmethod
    def of(cls, items: Mapping[int, Value]) -> Self:
        """Read a decoded map; raises `MalformedError` unless all of it fits."""
        values: dict[str, object] = {}
        left = set(items)
        for slot in cls.SLOTS:
            if slot.key in items:
                values[slot.name] = slot.kind.unpack(items[slot.key])
                left.discard(slot.key)
            elif not slot.optional:
                raise MalformedError(f"{cls.__name__} lacks field {slot.key}")
        if left:
            raise MalformedError(f"{cls.__name__} has unknown field {min(left)}")
        make: Callable[..., Self] = cls
        read = make(**values)
        read.check()
        return read

    @classmethod
    def decode(cls, data: bytes | memoryview) -> Self:
        """Decode exactly one document; raises `MalformedError`."""
        return cls.of(cbor.decode_map(data, cls.LIMIT))

    def check(self) -> None:
        """Raise `MalformedError` where fields disagree with each other."""


def pair_of(
    kind: type[E],
) -> "Kind[tuple[E, str]]":
    """Give the kind `[number, text]`: one of an enumeration, and a name."""
    option = choice(kind)

    def unpack(value: Value) -> tuple[E, str]:
        items = as_sequence(value)
        if len(items) != 2:
            raise MalformedError("not a pair")
        return option.unpack(items[0]), text.unpack(items[1])

    return Kind(lambda pair: (int(pair[0]), pair[1]), unpack)
