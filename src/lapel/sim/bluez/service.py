"""Answers what programs ask our `org.bluez`."""

# pyright: reportUnknownMemberType=false

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.hci import HCI_Error
from dbus_fast import Message, MessageType, Variant

from lapel.base.errors import LapelError
from lapel.sim.bluez.adapter import Adapter
from lapel.sim.bluez.objects import MANAGER, PROPERTIES, Objects

NAME: Final = "org.bluez"

Answer: TypeAlias = tuple[str, list[object]]
_NOTHING: Final[Answer] = ("", [])
_TAKEN: Final = frozenset(
    {
        "RegisterAgent",
        "UnregisterAgent",
        "RequestDefaultAgent",
        "RegisterProfile",
        "RegisterApplication",
        "RegisterAdvertisement",
        "SetDiscoveryFilter",
        "SetAdvertisingIntervals",
        "ResetAdvertising",
    }
)
"""What is taken, and means nothing here."""


@dataclass
class Service:
    """Calls of D-Bus, and what each does."""

    adapter: Adapter
    objects: Objects
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set["asyncio.Task[None]"])

    def heard(self, message: Message) -> bool:
        """Take a message of the bus; gives whether it was for us."""
        bus = self.objects.bus
        ours = message.destination in {NAME, bus.unique_name}
        if message.message_type is not MessageType.METHOD_CALL or not ours:
            return False
        task = asyncio.create_task(self._answer(message), name="org.bluez")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, message: Message) -> None:
        try:
            signature, body = await self._call(message)
            reply = Message.new_method_return(message, signature, body)
        except (LookupError, TypeError) as error:
            unknown = "org.freedesktop.DBus.Error.UnknownMethod"
            reply = Message.new_error(message, unknown, repr(error))
        except (
            LapelError,
            BaseBumbleError,
            HCI_Error,
            ATT_Error,
            TimeoutError,
            asyncio.CancelledError,
        ) as error:
            reply = Message.new_error(message, "org.bluez.Error.Failed", repr(error))
        await self.objects.bus.send(reply)

    async def _call(self, message: Message) -> Answer:
        member = message.member or ""
        if member in _TAKEN:
            return _NOTHING
        calls: dict[str, Callable[[Message], Awaitable[Answer]]] = {
            "GetManagedObjects": self._managed,
            "Introspect": self._introspect,
            "GetAll": self._get_all,
            "Get": self._get,
            "Set": self._set,
            "ReadValue": self._read,
        }
        if member in calls:
            return await calls[member](message)
        acts: dict[str, Callable[[Message, str], Awaitable[None]]] = {
            "StartDiscovery": lambda one, _: self.adapter.start_discovery(_from(one)),
            "StopDiscovery": lambda one, _: self.adapter.stop_discovery(_from(one)),
            "Connect": lambda _, path: self.adapter.connect(path),
            "Disconnect": lambda _, path: self.adapter.disconnect(path),
            "StartNotify": lambda _, path: self.adapter.notify(path, on=True),
            "StopNotify": lambda _, path: self.adapter.notify(path, on=False),
            "WriteValue": self._write,
            "RemoveDevice": self._remove,
        }
        await acts[member](message, message.path or "")
        return _NOTHING

    async def _managed(self, message: Message) -> Answer:
        if message.interface != MANAGER:
            raise LookupError(message.interface)
        return "a{oa{sa{sv}}}", [self.objects.held]

    async def _introspect(self, _: Message) -> Answer:
        return "s", ["<node/>"]

    async def _get_all(self, message: Message) -> Answer:
        held = self.objects.held[message.path or ""]
        return "a{sv}", [held.get(message.body[0], {})]

    async def _get(self, message: Message) -> Answer:
        if message.interface != PROPERTIES:
            raise LookupError(message.interface)
        interface, name = message.body
        return "v", [self.objects.held[message.path or ""][interface][name]]

    async def _set(self, message: Message) -> Answer:
        interface, name, value = message.body
        self.objects.change(message.path or "", interface, {name: value})
        return _NOTHING

    async def _read(self, message: Message) -> Answer:
        return "ay", [await self.adapter.read(message.path or "")]

    async def _write(self, message: Message, path: str) -> None:
        value, options = message.body
        kind: Variant | None = options.get("type")
        response = kind is None or kind.value != "command"
        await self.adapter.write(path, bytes(value), response=response)

    async def _remove(self, message: Message, _: str) -> None:
        self.adapter.forget(str(message.body[0]))


def _from(message: Message) -> str:
    return message.sender or ""
