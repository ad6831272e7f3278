"""Where a device stands, and what may be done with it there: one table.

A device that was lost does not serve again by itself. When it turns up, somebody says
that nobody else had it (CLEAR), or it is released, erases its keys and is adopted anew.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lapel.base.errors import RefusedError
from lapel.evidence.devices.model import Kind, Move, Standing, State

TABLE: Final[Mapping[tuple[Standing, Move], Standing]] = MappingProxyType(
    {
        (Standing.WAITS, Move.ADOPT): Standing.SPARE,
        (Standing.SPARE, Move.ADOPT): Standing.SPARE,
        (Standing.SPARE, Move.ASSIGN): Standing.ASSIGNED,
        (Standing.SPARE, Move.LOSE): Standing.LOST,
        (Standing.SPARE, Move.RELEASE): Standing.RELEASED,
        (Standing.ASSIGNED, Move.ADOPT): Standing.ASSIGNED,
        (Standing.ASSIGNED, Move.ASSIGN): Standing.ASSIGNED,
        (Standing.ASSIGNED, Move.RETURN): Standing.SPARE,
        (Standing.ASSIGNED, Move.LOSE): Standing.LOST,
        (Standing.LOST, Move.FIND): Standing.FOUND,
        (Standing.FOUND, Move.LOSE): Standing.LOST,
        (Standing.FOUND, Move.CLEAR): Standing.SPARE,
        (Standing.FOUND, Move.RELEASE): Standing.RELEASED,
        (Standing.RELEASED, Move.ADOPT): Standing.SPARE,
    }
)
"""Every move there is; a pair that is not here is refused."""

STORED: Final[Mapping[Standing, State]] = MappingProxyType(
    {
        Standing.WAITS: State.KNOWN,
        Standing.SPARE: State.OWNED,
        Standing.ASSIGNED: State.OWNED,
        Standing.LOST: State.LOST,
        Standing.FOUND: State.FOUND,
        Standing.RELEASED: State.RELEASED,
    }
)
"""What is kept of a standing; an assignment tells the two apart that share a state."""

_WHY: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.WAITS: "it was not adopted yet; put it into a dock first",
        Standing.SPARE: "nobody has it",
        Standing.ASSIGNED: "somebody has it; take it back first",
        Standing.LOST: "it is lost; say first that it was found",
        Standing.FOUND: "it was lost; clear it or release it first",
        Standing.RELEASED: "it was released and is not ours any more",
    }
)
_WORN: Final = frozenset({Kind.CAMERA, Kind.ACCESSORY})
_OF_PEOPLE: Final = frozenset({Move.ASSIGN, Move.RETURN})


def follow(standing: Standing, move: Move, kind: Kind = Kind.CAMERA) -> Standing:
    """Give where a device stands after a move; raises RefusedError `standing`.

    Only what people wear is assigned: cameras and accessories.
    """
    after = TABLE.get((standing, move))
    if kind not in _WORN and move in _OF_PEOPLE:
        raise RefusedError("standing", f"{move}: nobody wears a {kind}")
    if after is None:
        raise RefusedError("standing", f"{move}: {_WHY[standing]}")
    return after


def moves(standing: Standing, kind: Kind) -> frozenset[Move]:
    """Give what may be done with a device where it stands, but for adopting it."""
    return frozenset(
        move
        for at, move in TABLE
        if at is standing
        and move is not Move.ADOPT
        and (kind in _WORN or move not in _OF_PEOPLE)
    )
