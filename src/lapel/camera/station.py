"""The camera's radio: made, made anew when it failed, and what it hears in order.

The radio's own thread only puts what it hears into a box; nothing of the camera waits
for it, and it waits for nothing of the camera.
"""

from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Final, TypeAlias

from lapel.base.errors import LapelError
from lapel.ports.air import (
    Failed,
    Gone,
    Heard,
    MakePeripheral,
    Peripheral,
    Shown,
    Subscribed,
    Wrote,
)

AGAIN_MS: Final = 5_000
"""How long after a radio failed another is made."""

BOX_MOST: Final = 256
"""Values that may wait; whoever writes more than is read is dropped."""

TURN_MOST: Final = 32
"""So much is taken out in one turn; then whoever waits for the camera has its own."""

_RADIO: Final = 32
_LINK: Final = (1 << _RADIO) - 1
_Item: TypeAlias = tuple[int, Heard] | None


class Station:
    """One radio at a time; the number of a link says of which radio it is."""

    def __init__(self, make: MakePeripheral) -> None:
        """Have no radio yet; `mend` makes the first."""
        self._make = make
        self._box: SimpleQueue[_Item] = SimpleQueue()
        self._first: _Item = None
        self._counting = Lock()
        self._waiting = 0
        self._radio = 0
        self._peripheral: Peripheral | None = None
        self._broken: list[Peripheral] = []
        self._due_ms: int | None = 0
        self._shown: Shown | None = None
        self._live: set[int] = set()
        self.made_ms: int | None = None

    def mend(self, now_ms: int) -> str | None:
        """Make a radio where there is none and its time has come; gives what failed.

        Takes as long as the hardware takes: not to be called under the camera's lock.
        """
        while self._broken:
            self._broken.pop().close()
        if self._due_ms is None or now_ms < self._due_ms:
            return None
        self._due_ms = None
        self._radio += 1
        try:
            peripheral = self._make(self._hearing(self._radio))
        except (LapelError, OSError) as error:
            self._due_ms = now_ms + AGAIN_MS
            return str(error)
        self.made_ms, self._peripheral = now_ms, peripheral
        return None

    def _hearing(self, radio: int) -> Callable[[Heard], None]:
        return lambda heard: self._hear(radio, heard)

    def _hear(self, radio: int, heard: Heard) -> None:
        """Put what was heard into the box; called by the radio's own thread."""
        if isinstance(heard, Wrote):
            with self._counting:
                full = self._waiting >= BOX_MOST
                self._waiting += not full
            if full:
                self._drop_flood(radio, heard.link)
                return
        self._box.put((radio, heard))

    def _drop_flood(self, radio: int, link: int) -> None:
        peripheral = self._peripheral
        if peripheral is not None and radio == self._radio:
            peripheral.drop(link)

    def wake(self) -> None:
        """Have whoever waits look."""
        self._box.put(None)

    def wait(self, seconds: float) -> None:
        """Wait until something was heard, or somebody called, or time has passed."""
        try:
            item = self._box.get(timeout=seconds)
        except Empty:
            return
        if item is not None:
            self._first = item

    @property
    def more(self) -> bool:
        """Whether something waits to be taken out."""
        return self._first is not None or not self._box.empty()

    def taken(self) -> Iterator[Heard]:
        """Yield what was heard of the radio that works, links under our numbers."""
        for _ in range(TURN_MOST):
            item, self._first = self._first, None
            if item is None:
                try:
                    item = self._box.get_nowait()
                except Empty:
                    return
            if item is not None:
                yield from self._read(item)

    def _read(self, item: tuple[int, Heard]) -> Iterator[Heard]:
        radio, heard = item
        if isinstance(heard, Wrote):
            with self._counting:
                self._waiting -= 1
        if radio != self._radio or self._due_ms is not None:
            return  # of a radio that has failed
        base = radio << _RADIO
        match heard:
            case Subscribed(link, mtu):
                self._live.add(base | link)
                yield Subscribed(base | link, mtu)
            case Wrote(link, value):
                yield Wrote(base | link, value)
            case Gone(link):
                self._live.discard(base | link)
                yield Gone(base | link)
            case Failed():
                yield heard

    def fail(self, now_ms: int) -> None:
        """Let go of a radio that failed; another is made later."""
        if self._peripheral is not None:
            self._broken.append(self._peripheral)
        self._peripheral = self._shown = self.made_ms = None
        self._live.clear()
        self._due_ms = now_ms + AGAIN_MS

    def show(self, shown: Shown | None) -> None:
        """Show this from now on."""
        if self._peripheral is not None and shown != self._shown:
            self._shown = shown
            self._peripheral.show(shown)

    @property
    def on_air(self) -> bool:
        """Whether something is shown."""
        return self._shown is not None

    def send(self, link: int, values: tuple[bytes, ...]) -> None:
        """Send on a link that is there."""
        if self._peripheral is None or link not in self._live:
            return
        try:
            self._peripheral.send(link & _LINK, values)
        except LapelError:
            self.drop(link)  # the radio has another idea of its MTU

    def drop(self, link: int) -> None:
        """Drop a link that is there."""
        peripheral = self._peripheral
        if peripheral is not None and link in self._live:
            peripheral.drop(link & _LINK)

    def close(self) -> None:
        """Be silent and end."""
        peripheral, self._peripheral = self._peripheral, None
        self._due_ms = None
        for one in (*self._broken, *([peripheral] if peripheral else [])):
            one.close()
        self._broken.clear()
