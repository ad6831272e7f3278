"""The advertising half of a controller: sets of Bluetooth 5, or the one of 4.0.

The rhythm is the same whatever is shown: the interval that the host chose, and a random
delay of up to 10 ms (Core 5.4, vol 6, part B, 4.4.2.2).
"""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lapel.sim.air.hci import Code, Command, Commands, HciError, meta
from lapel.sim.air.medium import Advert, End, Link
from lapel.sim.air.pdus import ADVERT_MOST, Kind
from lapel.sim.air.radio import Radio

_DELAY_S: Final = 0.010
_UNIT_S: Final = 0.000625
_LEAST, _MOST = 0x20, 0x4000
_ONE: Final = -1
"""Handle of the one advertiser of 4.0."""

_TYPES: Final = {0: Kind.ADV_IND, 2: Kind.ADV_SCAN_IND, 3: Kind.ADV_NONCONN_IND}
_PROPERTIES: Final = {
    0x13: Kind.ADV_IND,
    0x12: Kind.ADV_SCAN_IND,
    0x10: Kind.ADV_NONCONN_IND,
}
"""Legacy packets only: directed and extended adverts are refused as unsupported."""

_LEGACY: Final = struct.Struct("<HHBBB6sBB")
_EXTENDED: Final = struct.Struct("<BH3s3sBBB6sBbBBBBB")


@dataclass
class _Train:
    """One set: what is shown, how often, and the timer of the next event."""

    kind: Kind = Kind.ADV_IND
    interval: int = 0x800
    own: int = 0
    random: bytes | None = None
    data: bytes = b""
    response: bytes = b""
    timer: asyncio.TimerHandle | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is on the air."""
        return self.timer is not None

    def stop(self) -> None:
        """Fall silent."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass
class Advertiser:
    """All that one controller advertises."""

    radio: Radio
    end: End
    opened: Callable[[Link], int]
    """Tell the host of a connection; gives its handle."""
    roomy: Callable[[], bool]
    """Whether another app may connect; else a connectable advert is refused."""
    _trains: dict[int, _Train] = field(default_factory=dict[int, _Train])

    def reset(self) -> None:
        """Fall silent and forget everything."""
        for train in self._trains.values():
            train.stop()
        self._trains.clear()

    def commands(self) -> Commands:
        """Give the commands of this shape; a host uses one kind or the other."""
        one = {
            0x2006: Command(15, (25, 5), self._parameters),
            0x2007: Command(0, (25, 6), lambda _: b"\0"),
            0x2008: Command(32, (25, 7), self._data),
            0x2009: Command(32, (26, 0), self._response),
            0x200A: Command(1, (26, 1), self._enable),
        }
        if not self.radio.shape.sets:
            return one
        return one | {
            0x2035: Command(7, (36, 1), self._set_address),
            0x2036: Command(25, (36, 2), self._set_parameters),
            0x2037: Command(None, (36, 3), self._set_data),
            0x2038: Command(None, (36, 4), self._set_response),
            0x2039: Command(None, (36, 5), self._set_enable),
            0x203A: Command(0, (36, 6), lambda _: struct.pack("<H", ADVERT_MOST)),
            0x203B: Command(0, (36, 7), lambda _: bytes((self.radio.shape.sets,))),
            0x203C: Command(1, (37, 0), self._remove),
            0x203D: Command(0, (37, 1), self._clear),
        }

    def _one(self) -> _Train:
        return self._trains.setdefault(_ONE, _Train())

    def _parameters(self, raw: bytes) -> bytes:
        least, _, kind, own, *_ = _LEGACY.unpack(raw)
        train = self._one()
        if train.enabled:
            raise HciError(Code.DISALLOWED)
        if kind not in _TYPES:
            raise HciError(Code.UNSUPPORTED)
        train.kind, train.own = _TYPES[kind], own
        train.interval = _interval(least)
        return b""

    def _data(self, raw: bytes) -> bytes:
        self._one().data = _content(raw[0], raw[1:], exact=False)
        return b""

    def _response(self, raw: bytes) -> bytes:
        self._one().response = _content(raw[0], raw[1:], exact=False)
        return b""

    def _enable(self, raw: bytes) -> bytes:
        self._switch(_ONE, self._one(), on=raw[0] == 1)
        return b""

    def _train(self, handle: int) -> _Train:
        if handle not in self._trains:
            raise HciError(Code.UNKNOWN_SET)
        return self._trains[handle]

    def _set_address(self, raw: bytes) -> bytes:
        train = self._train(raw[0])
        if train.enabled and train.kind.connectable:
            raise HciError(Code.DISALLOWED)
        train.random = raw[1:]
        return b""

    def _set_parameters(self, raw: bytes) -> bytes:
        handle, properties, least, _, _, own, *_ = _EXTENDED.unpack(raw)
        if properties not in _PROPERTIES:
            raise HciError(Code.UNSUPPORTED)
        interval = _interval(int.from_bytes(least, "little"))
        known = handle in self._trains
        if not known and len(self._trains) >= self.radio.shape.sets:
            raise HciError(Code.LIMIT)
        train = self._trains.get(handle, _Train())
        if train.enabled:
            raise HciError(Code.DISALLOWED)
        train.kind, train.own, train.interval = _PROPERTIES[properties], own, interval
        self._trains[handle] = train
        return b"\0"

    def _set_data(self, raw: bytes) -> bytes:
        handle, data = _fragment(raw)
        self._train(handle).data = data
        return b""

    def _set_response(self, raw: bytes) -> bytes:
        handle, data = _fragment(raw)
        train = self._train(handle)
        if not train.kind.scannable and data:
            raise HciError(Code.PARAMETERS)
        train.response = data
        return b""

    def _set_enable(self, raw: bytes) -> bytes:
        if len(raw) < 2 or len(raw) != 2 + 4 * raw[1]:
            raise HciError(Code.PARAMETERS)
        handles = [raw[at] for at in range(2, len(raw), 4)]
        if not handles:
            if raw[0]:
                raise HciError(Code.PARAMETERS)
            handles = [handle for handle in self._trains if handle != _ONE]
        trains = [(handle, self._train(handle)) for handle in handles]
        for handle, train in trains:
            self._switch(handle, train, on=raw[0] == 1)
        return b""

    def _remove(self, raw: bytes) -> bytes:
        if self._train(raw[0]).enabled:
            raise HciError(Code.DISALLOWED)
        del self._trains[raw[0]]
        return b""

    def _clear(self, _: bytes) -> bytes:
        if any(train.enabled for train in self._trains.values()):
            raise HciError(Code.DISALLOWED)
        self._trains.clear()
        return b""

    def _switch(self, handle: int, train: _Train, *, on: bool) -> None:
        train.stop()
        if on:
            if train.kind.connectable and not self.roomy():
                raise HciError(Code.DISALLOWED)
            self.radio.own(train.own, train.random)
            self._again(handle, train, 0)

    def _again(self, handle: int, train: _Train, interval_s: float) -> None:
        medium = self.radio.medium
        wait = interval_s + medium.chance() * _DELAY_S
        train.timer = medium.loop.call_later(wait, self._event, handle, train)

    def _event(self, handle: int, train: _Train) -> None:
        self._again(handle, train, train.interval * _UNIT_S)

        def taken(link: Link) -> None:
            train.stop()
            number = self.opened(link)
            if handle != _ONE:
                told = struct.pack("<BBHB", Code.OK, handle, number, 0)
                self.radio.emit(meta(0x12, told))

        self.radio.medium.advertise(
            Advert(
                self.radio.name,
                train.kind,
                self.radio.own(train.own, train.random),
                train.data,
                train.response if train.kind.scannable else b"",
                self.end,
                taken,
            )
        )


def _interval(units: int) -> int:
    if not _LEAST <= units <= _MOST:
        raise HciError(Code.PARAMETERS)
    return units


def _content(size: int, data: bytes, *, exact: bool) -> bytes:
    if size > ADVERT_MOST or size > len(data) or (exact and size != len(data)):
        raise HciError(Code.PARAMETERS)
    return data[:size]


def _fragment(raw: bytes) -> tuple[int, bytes]:
    """Read handle and data; 31 bytes need no fragments, so only whole data is taken."""
    if len(raw) < 4 or raw[1] != 3:
        raise HciError(Code.PARAMETERS)
    return raw[0], _content(raw[3], raw[4:], exact=True)
