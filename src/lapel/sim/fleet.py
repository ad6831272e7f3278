"""Cameras without a lens: adopted, journaled and uploaded through the real device door.

They make real keys, journals and sealed recordings of given media, so that a server can
be loaded, attacked and measured without hundreds of camera processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lapel.base.clock import Entropy
from lapel.base.errors import LapelError
from lapel.base.ids import recording_name
from lapel.crypto import cose, seal
from lapel.crypto.certs import (
    YEAR_MS,
    Issuer,
    Role,
    Subject,
    Validity,
    make_request,
)
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.dock.evidence import Evidence
from lapel.proof.journal import Position, beginning
from lapel.sim.forge import Made, Media, Signer, Story, make
from lapel.wire.adoption import Adopted, Identity, Voucher, proven
from lapel.wire.cbor import Value
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind, Start, Stop
from lapel.wire.recording import Reason, Trigger, TriggerKind
from lapel.wire.settings import Settings


@dataclass(frozen=True)
class Tenant:
    """What a voucher needs to know of an agency."""

    name: str
    authority: bytes


@dataclass(frozen=True)
class Kept:
    """A recording as it lies on the camera: sealed, with envelope and closing entry."""

    made: Made
    sealed: bytes
    envelope: bytes
    closing: bytes

    @property
    def recording(self) -> bytes:
        """Its id."""
        return self.made.genesis.recording

    @property
    def name(self) -> str:
        """Its id as printed."""
        return recording_name(self.recording)


@dataclass
class FleetCamera:
    """One camera: its keys, its journal, and the settings that it was given."""

    serial: str
    now_ms: int
    entropy: Entropy
    id_key: PrivateKey = field(default_factory=PrivateKey.generate)
    nonce: bytes = bytes(16)
    journal: list[bytes] = field(default_factory=list)
    sent: int = 0
    _signer: Signer | None = None
    _settings: Settings | None = None
    _at: Position | None = None

    def voucher(self, maker: Issuer, tenant: Tenant) -> bytes:
        """Have the maker say whose the camera is."""
        until = self.now_ms + YEAR_MS
        document = Voucher(
            self.serial, tenant.name, tenant.authority, self.nonce, until
        )
        return cose.sign("voucher", document.encode(), maker.key)

    def identity(self, maker: Issuer) -> tuple[Identity, PrivateKey]:
        """Make new keys and ask for certificates; gives the sign key beside."""
        sign, auth, link, opening = (PrivateKey.generate() for _ in range(4))
        subject = Subject(self.serial, "body2")
        validity = Validity(self.now_ms - YEAR_MS, self.now_ms + YEAR_MS)
        certificate = maker.issue(
            subject, self.id_key.public, Role.CAMERA_AUTH, validity
        )
        requests = make_request(subject, sign), make_request(subject, auth)
        points = link.public.point, opening.public.point
        proof = self.id_key.sign(proven(*requests, *points, self.nonce))
        return Identity(*requests, *points, certificate.der, proof), sign

    def adopt(self, evidence: Evidence, maker: Issuer) -> None:
        """Be adopted, and write the boot entry that brings the new key."""
        evidence.voucher(self.serial, self.nonce)
        identity, key = self.identity(maker)
        answer = evidence.identity(self.serial, identity.encode())
        adopted = Adopted.decode(answer)
        chain = (adopted.sign_certificate,)
        self._signer = Signer(self.serial, "body2", key, chain)
        document = parse("settings", adopted.settings)
        self._settings = Settings.decode(document.payload)
        self._at = beginning(self.serial)
        self.write(EntryKind.BOOT, {}, chain)

    @property
    def signer(self) -> Signer:
        """The key that signs recordings and journal."""
        if self._signer is None:
            raise LapelError("this camera has not been adopted")
        return self._signer

    @property
    def evidence_keys(self) -> tuple[PublicKey, ...]:
        """Keys that recordings are sealed to."""
        if self._settings is None:
            raise LapelError("this camera has not been adopted")
        return tuple(PublicKey.from_point(p) for p in self._settings.evidence_keys)

    def write(
        self, kind: EntryKind, data: dict[int, Value], chain: Sequence[bytes] = ()
    ) -> tuple[int, bytes]:
        """Append a journal entry; gives its number and hash."""
        at = self._at or beginning(self.serial)
        entry = Entry(at.seq, 1, 1000 * at.seq, self.now_ms, 3, kind, data, at.prev)
        raw = cose.sign("journal", entry.encode(), self.signer.key, chain)
        self.journal.append(raw)
        self._at = Position(at.seq + 1, sha256(raw))
        return at.seq, sha256(raw)

    def record(
        self, media: Media, story: Story | None = None, signer: Signer | None = None
    ) -> Kept:
        """Record media: start entry, sealed file, closing entry.

        Another `signer` signs the recording in the camera's name, as a forger would.
        """
        story = story or Story(recording=self.entropy(16), start_ms=self.now_ms)
        key = seal.new_key(self.entropy)
        envelope = seal.wrap(key, story.recording, self.evidence_keys).encode()
        trigger = Trigger(TriggerKind.BUTTON, b"")
        start = Start(story.recording, sha256(envelope), trigger)
        seq, digest = self.write(EntryKind.START, start.items())
        changes = {**story.changes, "start_seq": seq, "start_hash": digest}
        made = make(
            media,
            signer or self.signer,
            Story(
                story.recording,
                story.start_ms,
                story.clock,
                story.pre_event_ms,
                story.reason,
                story.closed,
                changes,
            ),
        )
        stored = made.sealed(key)
        stop = made.stop(stored, sealed=True)
        if not story.closed:
            stop = Stop(
                story.recording,
                Reason.POWER_LOSS,
                len(stored),
                sha256(stored),
                len(made.parts),
            )
        self.write(EntryKind.STOP, stop.items())
        return Kept(made, stored, envelope, self.journal[-1])

    def send_journal(self, evidence: Evidence) -> bytes:
        """Hand in what is new of the journal; gives the receipt."""
        receipt = evidence.journal(self.serial, b"".join(self.journal[self.sent :]))
        self.sent = len(self.journal)
        return receipt

    def send(self, evidence: Evidence, kept: Kept) -> bytes:
        """Upload a recording whose journal is there; gives the receipt."""
        evidence.envelope(self.serial, kept.recording, kept.envelope)
        path, offset = evidence.begin(self.serial, kept.recording, len(kept.sealed))
        left = kept.sealed[offset:]
        evidence.send(path, offset, len(left), iter((left,)))
        return evidence.commit(path)
