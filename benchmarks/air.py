"""The virtual air: how many devices, each seen once a second, one core carries.

Both airs run in this process, one after the other, without hosts and without TCP: each
device advertises at 1 Hz with 31 bytes, four controllers scan, and what they report is
thrown away. Counted is the processor time of the loop, less that of an empty one.
"""

import asyncio
import random
import statistics
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from bumble.controller import Controller as BumbleController
from bumble.link import LocalLink

from benchmarks.measure import Figure
from benchmarks.report import Row
from lapel.sim.air.controller import Controller
from lapel.sim.air.hci import COMMAND
from lapel.sim.air.medium import Medium
from lapel.sim.air.radio import SETS

DEVICES: Final = 200
SCANNERS: Final = 4
SECONDS: Final = 3.0
RUNS: Final = 3
_HZ_1: Final = (1600).to_bytes(3, "little")

Host: TypeAlias = Callable[[bytes], None]
"""Gives a controller one packet of its host."""

Make: TypeAlias = Callable[["_Counter"], list[Host]]


class _Counter:
    """A host that counts what its controller reports, and keeps nothing."""

    def __init__(self) -> None:
        self.reports = 0

    def on_packet(self, packet: bytes) -> None:
        """Take one packet."""
        self.reports += packet[:2] == b"\4\x3e"


def _command(host: Host, opcode: int, parameters: bytes) -> None:
    host(bytes((COMMAND,)) + struct.pack("<HB", opcode, len(parameters)) + parameters)


def _advertise(host: Host, number: int) -> None:
    """Show 31 bytes once a second, by an advertising set."""
    first = struct.pack("<BH3s3sBBB", 1, 0x13, _HZ_1, _HZ_1, 7, 1, 0)
    _command(host, 0x2036, first + bytes(6) + bytes((0, 0, 1, 0, 1, 0, 0)))
    address = number.to_bytes(5, "little") + b"\xc0"
    _command(host, 0x2035, b"\1" + address)
    _command(host, 0x2037, bytes((1, 3, 1, 31)) + bytes(31))
    _command(host, 0x2039, bytes((1, 1, 1, 0, 0, 0)))


def _scan(host: Host) -> None:
    _command(host, 0x2041, struct.pack("<BBBBHH", 1, 0, 1, 0, 16, 16))
    _command(host, 0x2042, b"\1\0" + bytes(4))


def _ours(sink: _Counter) -> list[Host]:
    loop = asyncio.get_running_loop()
    chance = random.Random(1).random  # noqa: S311  # delays, nothing secret
    medium = Medium(loop, chance, time.time_ns)

    def join(number: int) -> Host:
        public = number.to_bytes(6, "little")
        name = f"host-{number}"
        made = Controller(medium, SETS, name, public, sink.on_packet)
        return lambda packet: made.take(packet[0], packet[1:])

    return [join(number) for number in range(DEVICES + SCANNERS)]


def _bumbles(sink: _Counter) -> list[Host]:
    link = LocalLink()  # type: ignore[no-untyped-call]

    def join(number: int) -> Host:
        made = BumbleController(f"host-{number}", link=link, host_sink=sink)
        return made.on_packet

    return [join(number) for number in range(DEVICES + SCANNERS)]


async def _busy_s(make: Make) -> tuple[float, float]:
    """Give the processor time of one second on the air, and its reports."""
    sink = _Counter()
    hosts = make(sink)
    for host in hosts[:SCANNERS]:
        _command(host, 0x2005, b"\1\1\1\1\1\xc1")
        _scan(host)
    for number, host in enumerate(hosts[SCANNERS:]):
        _advertise(host, number)
        await asyncio.sleep(1 / DEVICES)  # so that they do not speak all at once
    sink.reports = 0
    began, busy = time.perf_counter(), time.process_time()
    await asyncio.sleep(SECONDS)
    past = time.perf_counter() - began
    return (time.process_time() - busy) / past, sink.reports / past


async def _idle_s() -> float:
    began, busy = time.perf_counter(), time.process_time()
    await asyncio.sleep(1)
    return (time.process_time() - busy) / (time.perf_counter() - began)


def _devices(make: Make) -> tuple[float, float]:
    """Give devices a core, and reports that each of them brings a second."""
    busy, reports = asyncio.run(_busy_s(make))
    share = busy - asyncio.run(_idle_s())
    return DEVICES / max(share, 1e-6), reports / DEVICES


def _said(runs: list[tuple[float, float]]) -> str:
    found = Figure.of([devices for devices, _ in runs])
    reports = Figure.of([each for _, each in runs])
    return (
        f"{found.median:.0f} ({found.least:.0f} to {found.most:.0f}),"
        f" {reports.median:.1f} reports a second each"
    )


def rows(_folder: Path) -> list[Row]:
    """Measure in turn."""
    pairs = [(_devices(_ours), _devices(_bumbles)) for _ in range(RUNS)]
    ours, bumbles = [one for one, _ in pairs], [other for _, other in pairs]
    terms = f"{_said(ours)}, against {_said(bumbles)}; "
    terms += f"{DEVICES} on the air, {SCANNERS} listen"
    ratio = statistics.median(one[0] / other[0] for one, other in pairs)
    name = "virtual air: devices at 1 Hz a core"
    return [Row(name, "bumble's LocalLink", ratio, 1.0, terms)]
