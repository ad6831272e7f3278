"""What settings can be chosen for, and what a device belongs to."""

from collections.abc import Callable

from sqlalchemy import Connection

from lapel.evidence.devices import groups as device_groups
from lapel.evidence.devices.model import Device
from lapel.evidence.people import reading as people


def names(connection: Connection, tenant: str) -> dict[str, str]:
    """Name the agency, its roles, its groups of people, and those of devices."""
    return {
        **people.scopes(connection, tenant),
        **device_groups.scopes(connection, tenant),
    }


def belonging(
    connection: Connection, tenant: str
) -> Callable[[Device], frozenset[str]]:
    """Give what says which scopes a device belongs to.

    Those of whoever has it, and those of its groups.
    """
    of_people = people.memberships(connection, tenant)
    of_devices = device_groups.memberships(connection, tenant)
    nothing = frozenset[str]()

    def scopes(device: Device) -> frozenset[str]:
        person = device.holder.person if device.holder else ""
        mine = of_people.get(person, nothing) if person else nothing
        return mine | of_devices.get(device.serial, nothing)

    return scopes
