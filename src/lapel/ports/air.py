"""The air: what a camera's radio and an app's radio do, whatever hardware they have.

A radio knows no keys and reads no message: it carries values and shows bytes. What is
said on a link, and to whom, is decided behind this door.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Shown:
    """What a camera shows from now on: advert and scan response, 31 bytes each at most.

    `address` is the six bytes of a random address, most significant first. All three
    change in one instant, also while an app is connected.
    """

    address: bytes
    advert: bytes
    response: bytes = b""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """An app has connected and subscribed; `link` is a number never used before."""

    link: int
    mtu: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """An app wrote a value."""

    link: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """The connection of this link is lost or was dropped; nothing follows for it."""

    link: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The radio itself has failed; all its links are gone, and it must be made anew."""

    cause: str


Heard: TypeAlias = Subscribed | Wrote | Gone | Failed


class Peripheral(Protocol):
    """A camera's radio. Each act may be called from any thread, and returns at once.

    What it hears goes to the function it was made with, from a thread of its own, in
    order. Acts on one link are done in the order in which they were called.
    """

    def show(self, shown: Shown | None) -> None:
        """Show this from now on; None: be silent, and let nobody connect."""
        ...

    def send(self, link: int, values: tuple[bytes, ...]) -> None:
        """Notify these values, in order; a link that is gone is no error.

        Raises `MalformedError` for a value that does not fit into the link's MTU.
        """
        ...

    def drop(self, link: int) -> None:
        """Drop the connection, after what was sent before has gone out."""
        ...

    def close(self) -> None:
        """Drop every connection, be silent and end; nothing is heard after it.

        The hardware may be busy a moment longer: making the radio anew then raises
        `UnreachableError`; try again.
        """
        ...


MakePeripheral: TypeAlias = Callable[[Callable[[Heard], None]], Peripheral]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A camera that an app's radio heard, by the service in its advert.

    `place` is what to connect to: an address, or what the system gives instead. `data`
    is the manufacturer's data without the company, and `name` stands only in pairing
    mode.
    """

    place: str
    company: int
    data: bytes
    name: str | None
    rssi: int


class Connection(Protocol):
    """An app's connection to a camera, subscribed to what it notifies."""

    async def write(self, value: bytes) -> None:
        """Write one value; raises `UnreachableError` when the link is lost.

        Raises `MalformedError` for a value that does not fit into the link's MTU.
        """
        ...

    def values(self) -> AsyncIterator[bytes]:
        """Yield what the camera notifies; ends when the link is lost or closed."""
        ...

    async def close(self) -> None:
        """Drop the connection; once more does nothing."""
        ...


class Central(Protocol):
    """An app's radio."""

    def scan(self) -> AsyncGenerator[Sighting, None]:
        """Yield cameras as they are heard, again and again.

        Close it (`contextlib.aclosing`): until then the radio listens. A camera's name
        may stand in no more than some of its sightings.
        """
        ...

    async def connect(self, place: str) -> Connection:
        """Connect and subscribe; raises `UnreachableError` after ten seconds."""
        ...

    async def close(self) -> None:
        """Give the radio back."""
        ...
