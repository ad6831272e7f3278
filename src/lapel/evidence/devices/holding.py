"""Use cases of who has a device: given, taken back, lost, found, released.

Each begins with the table of `standing`; what it refuses changes nothing.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.custody.model import Action, Who
from lapel.evidence.devices import (
    fleet_table,
    holders_table,
    revoking,
    standing,
    table,
)
from lapel.evidence.devices.model import (
    Assignment,
    Device,
    Holder,
    Kind,
    Move,
    Standing,
)
from lapel.evidence.devices.reading import find
from lapel.evidence.people import reading as people
from lapel.evidence.people.office import Office, Told, on
from lapel.wire.custody import ObjectKind

WHY_MOST = 500
HISTORY_MOST = 200

_ACTIONS = {
    Move.LOSE: Action.DEVICE_LOST,
    Move.FIND: Action.DEVICE_FOUND,
    Move.CLEAR: Action.DEVICE_CLEARED,
    Move.RELEASE: Action.DEVICE_RELEASED,
}


@dataclass(frozen=True, slots=True)
class Holding(Office):
    """Who has the devices of one tenant."""

    def assign(self, serial: str, person: str, who: Who, why: str = "") -> None:
        """Give a camera or accessory to somebody; whoever had it has it no longer.

        Raises NotFoundError, RefusedError `standing`, `person`, `holds`, `why`.
        """
        reason = _clean(why)
        with self.database.write() as connection:
            device = self._device(connection, serial)
            standing.follow(device.standing, Move.ASSIGN, device.kind)
            found = people.by_id(connection, person)
            if found is None or found.tenant != self.tenant:
                raise RefusedError("person", "there is no such open account")
            if device.holder is not None and device.holder.person == person:
                raise RefusedError("holds", f"{found.shown} has it already")
            self._end(connection, device, who, reason)
            values: dict[str, object] = {
                "tenant": self.tenant,
                "serial": serial,
                "person": person,
                "name": found.shown,
                "now": self.clock.utc_ms(),
                "by": who.shown,
                "why": reason,
            }
            holders_table.begin(connection, values)
            told = _told(device, found.shown, reason)
            self.log(connection, who, Action.DEVICE_ASSIGNED, told)
            given = on(found, serial, device.model)
            self.log(connection, who, Action.CAMERA_GIVEN, given)

    def take_back(self, serial: str, who: Who, why: str = "") -> None:
        """Take it back; raises NotFoundError, RefusedError `standing`, `why`."""
        reason = _clean(why)
        with self.database.write() as connection:
            device = self._device(connection, serial)
            standing.follow(device.standing, Move.RETURN, device.kind)
            self._end(connection, device, who, reason)

    def move(self, serial: str, move: Move, who: Who, why: str) -> None:
        """Say that a device is lost, found, cleared or released, and why.

        Raises NotFoundError, RefusedError `standing`, `why`.
        """
        reason = _clean(why)
        if not reason:
            raise RefusedError("why", "say why, in a few words")
        with self.database.write() as connection:
            device = self._device(connection, serial)
            after = standing.follow(device.standing, move, device.kind)
            self._end(connection, device, who, reason)
            state, now = str(standing.STORED[after]), self.clock.utc_ms()
            table.set_state(connection, self.tenant, serial, state)
            told = _told(device, "", reason)
            self.log(connection, who, _ACTIONS[move], told)
            if after is Standing.LOST:
                table.set_lost(connection, self.tenant, serial, now)
            if move is Move.CLEAR:
                table.set_lost(connection, self.tenant, serial, None)
            if after is Standing.RELEASED:
                self._release(connection, device, who, now)
            if after in {Standing.LOST, Standing.RELEASED}:
                table.end_tokens(connection, self.tenant, serial)

    def _release(
        self, connection: Connection, device: Device, who: Who, now: int
    ) -> None:
        """Let a device go: a camera at its next docking, anything else at once."""
        table.forget_voucher(connection, self.tenant, device.serial)
        if device.kind is Kind.CAMERA:
            return
        table.set_released(connection, self.tenant, device.serial, now)
        fleet_table.forget(connection, self.tenant, device.serial)
        if revoking.revoke(connection, self.tenant, device.serial, now) is not None:
            told = Told(ObjectKind.DEVICE, device.serial, {})
            self.log(connection, who, Action.REVOKED, told)

    def history(self, serial: str) -> list[Assignment]:
        """List who had a camera, the latest first."""
        with self.database.read() as connection:
            rows = holders_table.of_device(
                connection, self.tenant, serial, HISTORY_MOST
            )
        return [_assignment(row) for row in rows]

    def of_person(self, person: str) -> list[Assignment]:
        """List what somebody had, the latest first."""
        with self.database.read() as connection:
            rows = holders_table.of_person(
                connection, self.tenant, person, HISTORY_MOST
            )
        return [_assignment(row) for row in rows]

    def _device(self, connection: Connection, serial: str) -> Device:
        device = find(connection, self.tenant, serial)
        if device is None:
            raise NotFoundError(f"there is no device {serial}")
        return device

    def _end(
        self, connection: Connection, device: Device, who: Who, reason: str
    ) -> None:
        if device.holder is None:
            return
        values: dict[str, object] = {
            "tenant": self.tenant,
            "serial": device.serial,
            "now": self.clock.utc_ms(),
            "by": who.shown,
            "why": reason,
        }
        holders_table.end(connection, values)
        told = _told(device, "", reason)
        self.log(connection, who, Action.DEVICE_RETURNED, told)
        if device.holder.person:
            had = self.account(connection, device.holder.person)
            taken = on(had, device.serial, device.model)
            self.log(connection, who, Action.CAMERA_TAKEN, taken)


def holder_at(
    connection: Connection, tenant: str, serial: str, at_ms: int
) -> Holder | None:
    """Give who had a camera at a moment, as the agency wrote it down then."""
    row = holders_table.at(connection, tenant, serial, at_ms)
    return None if row is None else Holder(str(row["person"]), str(row["name"]))


def _told(device: Device, now: str, why: str) -> Told:
    """Tell of an act on a device: 3 who has it now, 4 who had it, 5 why."""
    texts = {3: now, 4: device.wearer, 5: why}
    kept = {key: text for key, text in texts.items() if text}
    return Told(ObjectKind.DEVICE, device.serial, kept)


def _clean(why: str) -> str:
    reason = " ".join(why.split())
    if len(reason) > WHY_MOST:
        raise RefusedError("why", f"a reason has {WHY_MOST} characters at most")
    return reason


def _assignment(row: RowMapping) -> Assignment:
    return Assignment(
        serial=str(row["serial"]),
        holder=Holder(str(row["person"]), str(row["name"])),
        from_ms=int(row["from_ms"]),
        until_ms=row["until_ms"],
        given_by=str(row["given_by"]),
        given_why=str(row["given_why"]),
        ended_by=str(row["ended_by"]),
        ended_why=str(row["ended_why"]),
    )
