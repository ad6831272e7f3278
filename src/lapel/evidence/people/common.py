"""Passwords that anybody would try first: known ones, and what is little more.

`common.txt.gz` is the list of zxcvbn (MIT), as its first lines say. Nothing leaves the
server to find out whether a password is known.
"""

import functools
import gzip
import string
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("common.txt.gz")
TOP: Final = 1000
"""Two of so many are tried together."""
MORE: Final = 8
"""Digits and signs around a known word that make it no better: a date has eight."""
PERIOD: Final = 8
"""What repeats after fewer characters is no better than those."""
WORD: Final = 4
"""Characters of the shortest known one."""

_OURS: Final = frozenset(
    {
        "administrator",
        "agency",
        "bodycam",
        "camera",
        "changeme",
        "correcthorsebatterystaple",
        "custody",
        "evidence",
        "lapel",
        "officer",
        "police",
        "recording",
        "sheriff",
        "supervisor",
    }
)
_ROWS: Final = (
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1234567890qwertyuiop",
    "12345678901234567890",
)
_SIGNS: Final = string.digits + string.punctuation
_READ: Final[tuple[dict[int, int], ...]] = (
    {},
    str.maketrans("013457@$!", "oieastasi"),
    str.maketrans("013457@$!", "oleastasl"),
)
"""How signs are read as letters: as they are, and in two ways that many use."""


@functools.cache
def listed() -> tuple[str, ...]:
    """Give the known ones; the first thousand by how frequent they are."""
    lines = gzip.decompress(FILE.read_bytes()).decode().splitlines()
    return tuple(line for line in lines if not line.startswith("# ") and line != "#")


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(listed()) | _OURS


@functools.cache
def _top() -> frozenset[str]:
    return frozenset(listed()[:TOP]) | _OURS


def is_common(password: str) -> bool:
    """Tell whether a password is known, or a known one that was dressed up.

    That is: with digits and signs before or after it, with signs for letters, again
    and again, two of the most frequent together, or along the rows of a keyboard. Case
    and spaces do not count.
    """
    plain = "".join(password.casefold().split())
    return any(
        _is_plain(core.translate(table)) for core in _cores(plain) for table in _READ
    )


def _cores(plain: str) -> set[str]:
    """Give what may be left without the digits and signs before it and after it."""
    size = len(plain)
    before = size - len(plain.lstrip(_SIGNS))
    after = size - len(plain.rstrip(_SIGNS))
    return {
        plain[first : size - last]
        for first in range(min(before, MORE) + 1)
        for last in range(min(after, MORE - first) + 1)
        if first + WORD <= size - last
    }


def _is_plain(word: str) -> bool:
    return (
        word in _known()
        or any(word in row or word[::-1] in row for row in _ROWS)
        or _repeats(word)
        or any(
            word[:at] in _top() and word[at:] in _top() for at in range(1, len(word))
        )
    )


def _repeats(word: str) -> bool:
    size = len(word)
    for period in range(1, size):
        first = word[:period]
        if (first * size)[:size] == word:
            short = period < PERIOD and 2 * period <= size
            return short or not {first, first.strip(_SIGNS)}.isdisjoint(_known())
    return False
