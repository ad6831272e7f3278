"""All links of a camera together (formats 1, R7): one peer, few half open, one window.

Outputs come with the number of their link, in order. The record is replaced only when a
new pairing was confirmed and stored. A session that opens ends the one before; none
opens while a pairing is at work, or the app could hold its old record for proved while
the camera is keeping the new one.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from lapel.crypto.link import token
from lapel.protocol.camera_link import (
    COMING,
    HALF_OPEN,
    PAIRING_NOW,
    Around,
    CameraLink,
    CameraState,
)
from lapel.protocol.control import Rules
from lapel.protocol.link import (
    Channel,
    Ended,
    Forget,
    Keep,
    Now,
    Opened,
    Output,
    Why,
)
from lapel.protocol.pairing import Identity, Policy, Window
from lapel.wire.control import State
from lapel.wire.document import Document
from lapel.wire.link import UNASSIGNED, Advert, Reject, pairing_name, reject, slot_of
from lapel.wire.pairing import Record
from lapel.wire.port import Code

HALF_OPEN_MOST: Final = 2

Outputs: TypeAlias = list[tuple[int, Output]]

_FAILED: Final = frozenset({Why.CRYPTO, Why.FORMAT, Why.UNVERIFIED})
_SHOWING: Final = frozenset({CameraState.SHOWN, CameraState.BUTTON})
_OPEN: Final = frozenset({CameraState.OPEN})
_TRIED: Final = PAIRING_NOW | {CameraState.FIRST, CameraState.THIRD}


class CameraLinks:
    """What a camera does with everyone who connects."""

    def __init__(
        self, identity: Identity, record: Record | None, policy: Policy, rules: Rules
    ) -> None:
        """Begin with what is stored and what the agency allows."""
        self.record = record
        self.policy = policy
        self._rules = rules
        self._identity = identity
        self._window = Window(identity.entropy)
        self._links: dict[int, CameraLink] = {}
        self._keeping: tuple[int, Record] | None = None
        self._stray: tuple[int, bytes] = (-1, b"")

    @property
    def pairing(self) -> bool:
        """Whether the camera is in pairing mode."""
        return self._window.is_open

    @property
    def busy(self) -> bool:
        """Whether a pairing is at work, in pairing mode or after it."""
        at_work = any(one.state in PAIRING_NOW for one in self._links.values())
        return at_work or self._keeping is not None

    @property
    def window(self) -> Window:
        """Pairing mode: until when, under which number, and what failed in it."""
        return self._window

    def next_deadline(self) -> int | None:
        """When `tick` has something to do, monotonic ms."""
        all_due = [link.next_deadline() for link in self._links.values()]
        due = [one for one in (*all_due, self._window.next_deadline()) if one]
        return min(due, default=None)

    def advert(self, now: Now, company: int = UNASSIGNED) -> tuple[Advert, bytes]:
        """Give what to advertise, and the scan response, for this slot and mode."""
        shown = Advert(self._token(now)[:6], self.pairing, company)
        return shown, pairing_name(self._window.number) if self.pairing else b""

    def chord(self, now: Now) -> Outputs:
        """Open pairing mode, where the agency allows it; both buttons were held."""
        outputs = self.tick(now)
        if self.policy.link:
            self._window.open(now)
        return outputs

    def connect(self, link: int, mtu: int, now: Now) -> Outputs:
        """Begin a link: an app has subscribed; `link` is a number never used before."""
        outputs = self.tick(now)
        half = [one for one in self._links.values() if one.state in HALF_OPEN]
        if len(half) >= HALF_OPEN_MOST or not self.policy.link:
            said = Channel(mtu, mtu).clear(reject(Reject.BUSY))
            why = Why.BUSY if self.policy.link else Why.POLICY
            return [*outputs, (link, said), (link, Ended(why))]
        self._links[link] = CameraLink(self._identity, mtu, now)
        return outputs

    def value(self, link: int, value: bytes, now: Now) -> Outputs:
        """Take what an app wrote."""
        outputs = self.tick(now)
        around = self._around(link, now)
        return outputs + self._do(link, lambda one: one.value(value, now, around))

    def gone(self, link: int) -> Outputs:
        """Hear that a connection was lost."""
        return self._do(link, lambda one: one.end(Why.GONE))

    def lost(self) -> Outputs:
        """Hear that the radio failed: all connections are lost."""
        return self._end(Why.GONE)

    def press(self, now: Now, since_ms: int | None = None) -> Outputs:
        """Take a press of the Event button; it began now, where nothing else is said.

        One that began before a code was shown says nothing of it.
        """
        outputs = self.tick(now)
        began = now.mono_ms if since_ms is None else since_ms
        for link in list(self._links):
            outputs += self._do(link, lambda one: one.press(now, began))
        return outputs

    def kept(self, link: int) -> Outputs:
        """Hear that the record of this link is stored: it is the one from now on."""
        if self._keeping is None or self._keeping[0] != link:
            return []
        self.record = self._keeping[1]
        self._keeping = None
        self._window.close()
        return self._do(link, lambda one: one.kept()) + self._end(Why.REPLACED)

    def not_kept(self, link: int) -> Outputs:
        """Hear that the record of this link could not be stored: the old one holds."""
        if self._keeping is None or self._keeping[0] != link:
            return []
        self._keeping = None
        return self._do(link, lambda one: one.end(Why.STORAGE))

    def answer(
        self, link: int, number: int, code: Code, result: Document | None = None
    ) -> Outputs:
        """Answer what was `Asked`."""
        return self._do(link, lambda one: one.answer(number, code, result))

    def notice(self, state: State) -> Outputs:
        """Tell the app of the open session, if there is one, what has changed."""
        outputs: Outputs = []
        for link in list(self._links):
            outputs += self._do(link, lambda one: one.notice(state))
        return outputs

    def obey(self, policy: Policy, rules: Rules) -> Outputs:
        """Follow new settings.

        Where View is off now every link ends; else a pairing that is under way does,
        for it was begun under another policy.
        """
        before = self.policy
        self.policy, self._rules = policy, rules
        if policy == before:
            return []
        ending = _TRIED if policy.link else None
        if not policy.link:
            self._window.close()
        return self._end(Why.POLICY, ending)

    def tick(self, now: Now) -> Outputs:
        """Let time pass."""
        was = self._window.is_open
        self._window.tick(now)
        outputs: Outputs = []
        for link in list(self._links):
            outputs += self._do(link, lambda one: one.tick(now))
        if was and not self._window.is_open:
            outputs += self._end(Why.LATE, COMING)
        return outputs

    def _token(self, now: Now) -> bytes:
        """Token of this slot: the peer's to find, or random where there is none."""
        if self.pairing:
            self._window.follow(now)
            return self._window.token
        slot = slot_of(now.utc_ms)
        if self.record is not None:
            return token(self.record.disc, slot)
        if self._stray[0] != slot:
            self._stray = (slot, self._identity.entropy(8))
        return self._stray[1]

    def _around(self, link: int, now: Now) -> Around:
        others = [one for number, one in self._links.items() if number != link]
        busy = any(one.state in PAIRING_NOW for one in others)
        taken = busy or self._keeping is not None
        mode, seen = self.pairing, self._token(now)
        return Around(mode, seen, self.record, self.policy, self._rules, taken)

    def _do(self, link: int, act: Callable[[CameraLink], list[Output]]) -> Outputs:
        one = self._links.get(link)
        if one is None:
            return []
        before = one.state
        outputs: Outputs = [(link, output) for output in act(one)]
        for _, output in list(outputs):
            match output:
                case Keep(record):
                    self._keeping = (link, record)
                case Forget():
                    self.record = None
                case Opened():
                    outputs += self._end(Why.REPLACED, _OPEN, but=link)
                case Ended(why):
                    del self._links[link]
                    outputs += self._count(before, why)
                case _:
                    pass
        return outputs

    def _count(self, before: CameraState, why: Why) -> Outputs:
        """Count a pairing that failed: by what came, or after its code was shown."""
        failed = before in _TRIED and why in _FAILED
        if not (failed or (before in _SHOWING and why is not Why.PAIRED)):
            return []
        was = self._window.is_open
        self._window.failed()
        return self._end(Why.LATE, COMING) if was and not self._window.is_open else []

    def _end(
        self,
        why: Why,
        states: frozenset[CameraState] | None = None,
        but: int | None = None,
    ) -> Outputs:
        outputs: Outputs = []
        for link, one in list(self._links.items()):
            if link != but and (states is None or one.state in states):
                outputs += self._do(link, lambda one: one.end(why))
        return outputs
