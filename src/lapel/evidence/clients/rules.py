"""Pure decisions on programs: what one can be given, and for how long."""

from typing import Final

from lapel.base.errors import RefusedError
from lapel.base.permissions import Permission, with_needs
from lapel.evidence.clients.model import NewClient
from lapel.evidence.people import rules as people

DAY_MS: Final = 86_400_000
DAYS: Final = range(1, 367)
NAME_MOST: Final = 60
CLIENTS_MOST: Final = 100
"""Programs in service at one agency."""

GIVABLE: Final = (
    Permission.FIND,
    Permission.WATCH,
    Permission.DOWNLOAD,
    Permission.RESTRICTED,
    Permission.CUSTODY,
    Permission.DEVICES,
)
"""What a program can be let do: read. Confidential recordings ask for reasons."""


def checked(new: NewClient) -> tuple[str, frozenset[Permission], tuple[str, ...]]:
    """Give name, permissions with what they need, and networks.

    Raises RefusedError `name`, `empty`, `days`, `networks`.
    """
    name = people.line(new.name, NAME_MOST)
    if name is None:
        raise RefusedError("name", "the program's name is missing, or too long")
    wanted = with_needs(new.permissions)
    if not wanted or not wanted <= frozenset(GIVABLE):
        raise RefusedError("empty", "tick at least one thing that a program may do")
    if new.days not in DAYS:
        raise RefusedError("days", "a secret lasts 1 to 366 days")
    networks = people.networks(new.networks)
    if networks is None:
        raise RefusedError("networks", "one of these is no address or network")
    return name, wanted, networks
