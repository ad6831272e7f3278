"""The link: handshakes beside their bare operations, and what crosses the air.

The bare operations are those that the pattern asks of both sides, done by the library
in a row: keys made, ECDH, SHA-256 of what is hashed, HMAC of each key derived. Both run
in turn; the ratio is taken pair by pair. Milliseconds are of both ends together.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.measure import Figure
from benchmarks.report import Row
from lapel.crypto.digest import hmac_sha256, sha256
from lapel.crypto.keys import PrivateKey
from lapel.crypto.noise import PAIRING, SESSION, Handshake, Known, P256Pair, Pattern
from lapel.ports.system import system_entropy
from lapel.protocol.app_link import Wish
from lapel.sim.linking import Air, Call, LinkAgency
from lapel.wire.control import LinkVerb, Nothing

RUNS = 40
MTUS = (23, 185, 247)
GOAL = 2.0
FRAMING = 1.07
"""At MTU 23 one byte in twenty is a header, and last values are short."""

Work = Callable[[], object]


def _seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _handshake(pattern: Pattern) -> Work:
    app, camera = (P256Pair.of(PrivateKey.generate()) for _ in range(2))
    psk = bytes(32) if pattern.psk else b""

    def work() -> None:
        sides: list[Handshake] = []
        for own, peer in ((app, camera), (camera, app)):
            known = Known(own, peer.point if pattern.known else b"", psk)
            fresh = P256Pair.fresh(system_entropy)
            first = own is app
            sides.append(Handshake.start(pattern, known, fresh, b"", initiator=first))
        for number, _ in enumerate(pattern.messages):
            writer, reader = sides[number % 2], sides[1 - number % 2]
            reader.read(writer.write())
        for side in sides:
            side.split()

    return work


def _bare(exchanges: int, hashes: int, derived: int) -> Work:
    """Do what one pattern asks of both sides, without any protocol around it."""
    private = PrivateKey.generate().native
    public = PrivateKey.generate().native.public_key()
    long, short = bytes(97), bytes(32)

    def work() -> None:
        for _ in range(2):
            P256Pair.fresh(system_entropy)
        for _ in range(exchanges):
            private.exchange(ec.ECDH(), public)
        for _ in range(hashes):
            sha256(long)
        for _ in range(derived):
            hmac_sha256(short, long)

    return work


def _beside(name: str, ours: Work, bare: Work) -> Row:
    ours()
    bare()
    pairs = [(_seconds(ours), _seconds(bare)) for _ in range(RUNS)]
    mine = Figure.of([a * 1000 for a, _ in pairs])
    theirs = Figure.of([b * 1000 for _, b in pairs])
    ratio = statistics.median(a / b for a, b in pairs)
    terms = (
        f"{mine.median:.2f} ms ({mine.least:.2f} to {mine.most:.2f}) against "
        f"{theirs.median:.2f} ms ({theirs.least:.2f} to {theirs.most:.2f}), both sides"
    )
    return Row(name, "its bare ECDH and hashes", ratio, GOAL, terms, at_least=False)


def _crossed(call: Call) -> tuple[int, int, int]:
    """Count messages, values, and bytes of messages."""
    size = sum(len(message) for _, message in call.passed)
    return len(call.passed), call.values, size


def _shift(agency: LinkAgency, mtu: int) -> list[tuple[float, tuple[int, int, int]]]:
    """Pair, open a session, ask something: seconds of each, and what crossed."""
    camera, view = agency.camera(), agency.view()
    air = Air(camera, mtu=mtu)
    air.chord()
    began = time.perf_counter()
    pairing = air.connect(view, Wish(compare=False))
    paired = time.perf_counter()
    if air.pairings is None:
        raise LookupError("the pairing failed")
    call = air.connect(view, Wish(air.pairings.records[0]))
    opened, shaken = time.perf_counter(), _crossed(call)
    air.from_app(call, call.app.ask(LinkVerb.PRIORITISE, Nothing()))
    air.run()
    asked = time.perf_counter()
    messages, values, size = (
        late - early for early, late in zip(shaken, _crossed(call), strict=True)
    )
    return [
        (paired - began, _crossed(pairing)),
        (opened - paired, shaken),
        (asked - opened, (messages, values, size)),
    ]


def _on_air(agency: LinkAgency, mtu: int) -> list[Row]:
    runs = [_shift(agency, mtu) for _ in range(RUNS)]
    found: list[Row] = []
    for number, name in enumerate(("pairing with grants", "session", "a command")):
        ms = statistics.median(run[number][0] * 1000 for run in runs)
        messages, values, size = runs[0][number][1]
        terms = f"{messages} messages in {values} values, {size} bytes; {ms:.2f} ms"
        ratio = (size + values) / size
        title = f"{name}, MTU {mtu}"
        found.append(Row(title, "its messages", ratio, FRAMING, terms, at_least=False))
    return found


def rows(_folder: Path) -> list[Row]:
    """Measure. Counts of the patterns are of both sides, without AEAD."""
    agency = LinkAgency()
    return [
        _beside("pairing handshake", _handshake(PAIRING), _bare(6, 16, 24)),
        _beside("session handshake", _handshake(SESSION), _bare(8, 16, 50)),
        *(row for mtu in MTUS for row in _on_air(agency, mtu)),
    ]
