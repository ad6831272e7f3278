"""The custody extract of a proof package: acts on one recording, with their proofs.

JSON, so that a person can look into it. Numbers stand as decimal strings and bytes as
base64, each in its only form, so that every reader reads the same.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar, cast

from lapel.base.errors import LapelError, MalformedError
from lapel.proof.checkpoints import Consistency
from lapel.wire import strict64

FORMAT: Final = "1"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_SALT: Final = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SaltedText:
    """A text whose salted hash stands in a leaf, with its salt."""

    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """An act: its number, leaf, the texts that are still kept, and its proof."""

    number: int
    leaf: bytes
    texts: Mapping[int, SaltedText]
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CustodyExtract:
    """All of an extract; `consistency` leads from earlier checkpoints to this one."""

    acts: tuple[Extracted, ...]
    consistency: tuple[Consistency, ...] = ()

    def encode(self) -> bytes:
        """Write it."""
        document = {
            "format": FORMAT,
            "acts": [_act_object(act) for act in self.acts],
            "consistency": [
                {
                    "old": str(one.old),
                    "new": str(one.new),
                    "proof": [strict64.written(item) for item in one.proof],
                }
                for one in self.consistency
            ],
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode()

    @classmethod
    def decode(cls, data: bytes) -> "CustodyExtract":
        """Read it; raises `MalformedError` for another form or a newer format."""
        try:
            read: object = json.loads(data.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise MalformedError("not JSON") from error
        items = _object(read, {"format", "acts", "consistency"})
        if items["format"] != FORMAT:
            raise MalformedError("an extract of a format that this version cannot read")
        return cls(
            _list(items["acts"], _read_act),
            _list(items["consistency"], _read_consistency),
        )


def _refuse(name: str) -> NoReturn:
    raise MalformedError(f"{name} in JSON")


def _act_object(act: Extracted) -> dict[str, object]:
    return {
        "number": str(act.number),
        "leaf": strict64.written(act.leaf),
        "texts": {
            str(field): {"salt": strict64.written(kept.salt), "text": kept.text}
            for field, kept in sorted(act.texts.items())
        },
        "proof": [strict64.written(item) for item in act.proof],
    }


def _object(value: object, names: set[str]) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedError("not an object")
    items = cast("dict[str, object]", value)
    if items.keys() != names:
        raise MalformedError("an object with other names")
    return items


def _list(value: object, read: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise MalformedError("not a list")
    return tuple(read(item) for item in cast("list[object]", value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedError("not text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise MalformedError("text that is not Unicode") from error
    return value


def _number(value: object) -> int:
    text = _text(value)
    if not _NUMBER.fullmatch(text):
        raise MalformedError("not a number")
    return int(text)


def _bytes(value: object) -> bytes:
    return strict64.read(_text(value))


def _hash(value: object) -> bytes:
    data = _bytes(value)
    if len(data) != 32:
        raise MalformedError("not a hash")
    return data


def _read_act(value: object) -> Extracted:
    items = _object(value, {"number", "leaf", "texts", "proof"})
    given = items["texts"]
    if not isinstance(given, dict):
        raise MalformedError("not an object")
    texts = cast("dict[str, object]", given)
    return Extracted(
        _number(items["number"]),
        _bytes(items["leaf"]),
        {_number(field): _salted(text) for field, text in texts.items()},
        _list(items["proof"], _hash),
    )


def _salted(value: object) -> SaltedText:
    items = _object(value, {"salt", "text"})
    salt = _bytes(items["salt"])
    if len(salt) != _SALT:
        raise MalformedError("a salt of another size")
    return SaltedText(salt, _text(items["text"]))


def _read_consistency(value: object) -> Consistency:
    items = _object(value, {"old", "new", "proof"})
    return Consistency(
        _number(items["old"]), _number(items["new"]), _list(items["proof"], _hash)
    )


def proofs_in(data: bytes) -> tuple[Consistency, ...]:
    """Give the consistency proofs of an extract; none when it cannot be read."""
    try:
        return CustodyExtract.decode(data).consistency
    except LapelError:
        return ()
