"""Use cases of groups of devices, such as those of a station or of the motorcycles."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence.custody.model import Action, Who
from lapel.evidence.devices import groups_table, table
from lapel.evidence.devices.model import Group
from lapel.evidence.people.office import Office, of
from lapel.evidence.people.rules import ROLE_MOST, line

TOLD_MOST: Final = 40
"""Serials that one act names; of more it says how many."""


@dataclass(frozen=True, slots=True)
class Groups(Office):
    """The groups of devices of one tenant."""

    def everything(self) -> tuple[Group, ...]:
        """List the groups by name, with what is in them."""
        with self.database.read() as connection:
            return _groups(connection, self.tenant)

    def one(self, group: str) -> Group:
        """Give a group; raises NotFoundError."""
        with self.database.read() as connection:
            return self._one(connection, group)

    def keep(
        self, group: str | None, name: str, serials: frozenset[str], who: Who
    ) -> str:
        """Make a group, or change its name and what is in it.

        Raises RefusedError `name`, NotFoundError, ConflictError (the name is taken).
        """
        clean = line(name, ROLE_MOST)
        if clean is None:
            raise RefusedError("name", "the group's name is missing, or too long")
        with self.database.write() as connection:
            before = None if group is None else self._one(connection, group)
            for one in _groups(connection, self.tenant):
                if one.name.casefold() == clean.casefold() and one.id != group:
                    raise ConflictError(f"there is a group {one.name} already")
            rows = table.everything(connection, self.tenant)
            if not serials <= {str(row["serial"]) for row in rows}:
                raise NotFoundError("there is no such device")
            made = Group(before.id if before else self.new_id(), clean, serials)
            if made == before:
                return made.id
            values: dict[str, object] = {"id": made.id, "name": clean}
            groups_table.keep(connection, {**values, "tenant": self.tenant})
            groups_table.fill(connection, made.id, serials)
            was = before.serials if before else frozenset[str]()
            told = of(f"devices/{made.id}", clean, _listed(serials), _listed(was))
            action = Action.DEVICES_CHANGED if before else Action.DEVICES_MADE
            self.log(connection, who, action, told)
        return made.id

    def remove(self, group: str, who: Who) -> None:
        """Remove a group; the devices stay."""
        with self.database.write() as connection:
            found = self._one(connection, group)
            groups_table.fill(connection, found.id, ())
            groups_table.remove(connection, self.tenant, found.id)
            told = of(f"devices/{found.id}", found.name, "", _listed(found.serials))
            self.log(connection, who, Action.DEVICES_REMOVED, told)

    def _one(self, connection: Connection, group: str) -> Group:
        for one in _groups(connection, self.tenant):
            if one.id == group:
                return one
        raise NotFoundError("there is no such group")


def scopes(connection: Connection, tenant: str) -> dict[str, str]:
    """Name the groups that settings can be chosen for."""
    known = groups_table.names(connection, tenant)
    return {f"devices/{group}": name for group, name in known.items()}


def memberships(connection: Connection, tenant: str) -> dict[str, frozenset[str]]:
    """Give the scopes of every device that is in a group, by serial."""
    found: dict[str, set[str]] = {}
    for group, serial in groups_table.members(connection, tenant):
        found.setdefault(serial, set()).add(f"devices/{group}")
    return {serial: frozenset(some) for serial, some in found.items()}


def _groups(connection: Connection, tenant: str) -> tuple[Group, ...]:
    held: dict[str, set[str]] = {}
    for group, serial in groups_table.members(connection, tenant):
        held.setdefault(group, set()).add(serial)
    return tuple(
        Group(one, name, frozenset(held.get(one, ())))
        for one, name in groups_table.names(connection, tenant).items()
    )


def _listed(serials: Iterable[str]) -> str:
    some = sorted(serials)
    said = ", ".join(some[:TOLD_MOST])
    return f"{said} and {len(some) - TOLD_MOST} more" if len(some) > TOLD_MOST else said
