"""Objects of a D-Bus service: their properties, and the signals when those change."""

# pyright: reportUnknownMemberType=false

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

PROPERTIES: Final = "org.freedesktop.DBus.Properties"
MANAGER: Final = "org.freedesktop.DBus.ObjectManager"

Properties: TypeAlias = dict[str, Variant]
Interfaces: TypeAlias = dict[str, Properties]


@dataclass
class Objects:
    """All objects of one service."""

    bus: MessageBus
    held: dict[str, Interfaces] = field(default_factory=dict[str, Interfaces])

    def add(self, path: str, interfaces: Interfaces) -> None:
        """Add an object, and say so."""
        self.held[path] = interfaces
        body = [path, interfaces]
        self._signal("/", (MANAGER, "InterfacesAdded"), "oa{sa{sv}}", body)

    def remove(self, path: str) -> None:
        """Remove an object and all that lies below it."""
        below = [one for one in self.held if one == path or one.startswith(path + "/")]
        for one in sorted(below, reverse=True):
            body = [one, list(self.held.pop(one))]
            self._signal("/", (MANAGER, "InterfacesRemoved"), "oas", body)

    def change(self, path: str, interface: str, values: Mapping[str, Variant]) -> None:
        """Change properties, and say so; nothing happens where there is no object."""
        if path not in self.held:
            return
        self.held[path][interface].update(values)
        gone: list[str] = []
        body = [interface, dict(values), gone]
        self._signal(path, (PROPERTIES, "PropertiesChanged"), "sa{sv}as", body)

    def _signal(
        self, path: str, what: tuple[str, str], signature: str, body: Sequence[object]
    ) -> None:
        self.bus.send(Message.new_signal(path, *what, signature, list(body)))
