"""Recordings made of given media, for tests and benches: honest ones, and forged ones.

The camera makes recordings from a sensor; here units come as bytes, so that every
document, order and lie can be tried.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lapel.crypto import cose
from lapel.crypto.certs import YEAR_MS, Issuer, Role, Subject, Validity, make_root
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import Sealer
from lapel.wire.boxes import END, GENESIS, LINK, box, uuid_box
from lapel.wire.journal import Anchor, Entry, EntryKind, Stop
from lapel.wire.media import Init
from lapel.wire.recording import (
    End,
    Genesis,
    Link,
    Reason,
    Sound,
    Trigger,
    TriggerKind,
)

NOON_MS = 1_795_000_000_000
"""A fixed moment in November 2026."""


def authority(title: str = "Test agency") -> Issuer:
    """Make a CA that is valid around `NOON_MS`."""
    key = PrivateKey.generate()
    validity = Validity(NOON_MS - YEAR_MS, NOON_MS + 30 * YEAR_MS)
    return Issuer(make_root(title, key, validity), key)


@dataclass(frozen=True)
class Signer:
    """A camera's signing key and its certificates, leaf first."""

    serial: str
    model: str
    key: PrivateKey
    chain: tuple[bytes, ...]

    @classmethod
    def of(
        cls, issuer: Issuer, serial: str = "X1234", role: Role = Role.CAMERA_SIGN
    ) -> "Signer":
        """Have a CA certify a new camera."""
        key = PrivateKey.generate()
        validity = Validity(NOON_MS - YEAR_MS, NOON_MS + 9 * YEAR_MS)
        subject = Subject(serial, "body2")
        certificate = issuer.issue(subject, key.public, role, validity)
        return cls(serial, "body2", key, (certificate.der,))


@dataclass(frozen=True)
class Media:
    """`ftyp moov`, and units with the media time (ms) of their first picture."""

    init: bytes
    units: tuple[bytes, ...]
    times_ms: tuple[int, ...]


@dataclass(frozen=True)
class Made:
    """A recording in its parts: `ftyp moov GENESIS`, units with LINK, END if closed."""

    parts: tuple[bytes, ...]
    genesis: Genesis
    genesis_hash: bytes
    heads: tuple[bytes, ...]
    signer: Signer
    closed: bool
    end_reason: Reason = Reason.BUTTON

    @property
    def clear(self) -> bytes:
        """The whole recording in the clear."""
        return b"".join(self.parts)

    @property
    def head(self) -> bytes:
        """Chain hash of the last LINK, or of GENESIS."""
        return self.heads[-1] if self.heads else self.genesis_hash

    def sealed(self, key: bytes) -> bytes:
        """Give the recording as a sealed file."""
        sealer = Sealer.start(self.genesis.recording, key)
        count = len(self.parts)
        frames = [
            sealer.frame(index, part, last=self.closed and index == count - 1)
            for index, part in enumerate(self.parts)
        ]
        return sealer.header + b"".join(frames)

    def stop(self, stored: bytes, *, sealed: bool) -> Stop:
        """Give the data of the closing entry that fits."""
        return Stop(
            self.genesis.recording,
            self.end_reason,
            len(stored),
            sha256(stored),
            len(self.parts) if sealed else 0,
            self.genesis_hash,
            len(self.heads),
            self.head,
        )


@dataclass(frozen=True)
class Story:
    """What a made recording tells of itself."""

    recording: bytes = bytes(range(16))
    start_ms: int = NOON_MS - 3_600_000
    clock: int = 3
    pre_event_ms: int = 0
    reason: Reason = Reason.BUTTON
    closed: bool = True
    changes: dict[str, object] = field(default_factory=dict)


def make(media: Media, signer: Signer, story: Story | None = None) -> Made:
    """Make a recording of all units."""
    story = story or Story()
    genesis = _genesis(media, signer, story)
    document = cose.sign("genesis", genesis.encode(), signer.key, signer.chain)
    parts = [media.init + uuid_box(GENESIS, document)]
    genesis_hash = head = sha256(document)
    heads: list[bytes] = []
    for index, unit in enumerate(media.units):
        time_ms = media.times_ms[index]
        mono_ms = genesis.mono_ms + time_ms + 1000
        link = Link(
            genesis_hash, index, head, sha256(unit), time_ms, mono_ms, Sound.LIVE
        )
        document = cose.sign("link", link.encode(), signer.key)
        parts.append(unit + uuid_box(LINK, document))
        head = sha256(document)
        heads.append(head)
    if story.closed:
        last_ms = media.times_ms[-1] + 1001 if media.units else 0
        end = End(
            genesis_hash,
            len(heads),
            head,
            story.reason,
            genesis.mono_ms + last_ms,
            story.start_ms + last_ms,
        )
        parts.append(uuid_box(END, cose.sign("end", end.encode(), signer.key)))
    return Made(
        tuple(parts),
        genesis,
        genesis_hash,
        tuple(heads),
        signer,
        story.closed,
        story.reason,
    )


def _genesis(media: Media, signer: Signer, story: Story) -> Genesis:
    genesis = Genesis(
        story.recording,
        signer.serial,
        signer.model,
        sha256(media.init),
        story.start_ms,
        story.clock,
        7,
        58_000,
        "1.0.0",
        sha256(b"firmware"),
        1,
        sha256(b"settings"),
        Trigger(TriggerKind.BUTTON, b""),
        story.pre_event_ms,
        2,
        sha256(b"start entry"),
        sound_before=False,
        encoded_here=True,
    )
    return replace(genesis, **story.changes)  # type: ignore[arg-type]


def journal_entry(signer: Signer, kind: EntryKind, document: Stop | Anchor) -> bytes:
    """Sign one journal entry on its own, as a companion of a recording."""
    entry = Entry(9, 7, 60_000, NOON_MS, 3, kind, document.items(), bytes(32))
    return cose.sign("journal", entry.encode(), signer.key)


def closing(made: Made, stored: bytes, *, sealed: bool, **changes: object) -> bytes:
    """Sign the closing entry of a recording, with changes for lies."""
    stop = replace(made.stop(stored, sealed=sealed), **changes)  # type: ignore[arg-type]
    return journal_entry(made.signer, EntryKind.STOP, stop)


def anchor(made: Made, links: int, head: bytes | None = None) -> bytes:
    """Sign an anchor after `links` units."""
    known = ((made.genesis_hash, *made.heads))[links] if head is None else head
    document = Anchor(made.genesis.recording, links, known, 1000 * links)
    return journal_entry(made.signer, EntryKind.ANCHOR, document)


def replace_part(parts: Sequence[bytes], index: int, part: bytes) -> bytes:
    """Join parts with one of them replaced."""
    return b"".join((*parts[:index], part, *parts[index + 1 :]))


def unit(number: int, start: int, duration: int, payload: bytes) -> bytes:
    """Make `moof mdat` of one video sample; times in ticks of the track."""
    header = box(b"mfhd", struct.pack(">II", 0, number))
    sample = box(b"tfhd", struct.pack(">II", 0x020000, 1))
    sample += box(b"tfdt", struct.pack(">IQ", 1 << 24, start))
    sample += box(b"trun", struct.pack(">IIIII", 0x301, 1, 0, duration, len(payload)))
    return box(b"moof", header + box(b"traf", sample)) + box(b"mdat", payload)


def long_media(media: Media, seconds: int, payload: bytes) -> Media:
    """Make media of one-second units that all carry the same payload."""
    scale = Init.parse(media.init).video.timescale
    units = tuple(unit(i + 1, i * scale, scale, payload) for i in range(seconds))
    return Media(media.init, units, tuple(1000 * i for i in range(seconds)))
