"""An agency in a few lines: what it signs for a camera, and a host at its port."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lapel.crypto.certs import (
    DAY_MS,
    YEAR_MS,
    Certificate,
    Issuer,
    Role,
    Subject,
    Validity,
    make_root,
    read_request,
)
from lapel.crypto.cose import sign
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey
from lapel.crypto.merkle import leaf_hash
from lapel.crypto.note import LogKey
from lapel.wire.adoption import Adopted, Adoption, Identity, Release
from lapel.wire.cbor import Value
from lapel.wire.cose import parse
from lapel.wire.custody import ActorKind, Checkpoint, Leaf, ObjectKind
from lapel.wire.grant import Grant, GrantRole
from lapel.wire.journal import Entry, Stop
from lapel.wire.port import Answer, Request, frame, frame_length
from lapel.wire.receipt import (
    JOURNAL_RECEIVED,
    RECORDING_RECEIVED,
    JournalReceived,
    Receipt,
    Received,
)
from lapel.wire.settings import Bluetooth, Log, PreEvent, Quality, Settings
from lapel.wire.time import SignedTime


@dataclass(frozen=True)
class Agency:
    """Keys of one tenant."""

    tenant: str
    now_ms: int
    ca: Issuer
    settings_key: PrivateKey
    receipt_key: PrivateKey
    grant_key: PrivateKey
    evidence_key: PrivateKey
    log: LogKey

    @classmethod
    def found(cls, tenant: str, now_ms: int) -> "Agency":
        """Make all keys of a tenant."""
        key = PrivateKey.generate()
        validity = Validity(now_ms - DAY_MS, now_ms + 20 * YEAR_MS)
        ca = Issuer(make_root(f"Agency {tenant}", key, validity), key)
        return cls(
            tenant,
            now_ms,
            ca,
            PrivateKey.generate(),
            PrivateKey.generate(),
            PrivateKey.generate(),
            PrivateKey.generate(),
            LogKey.generate(f"evidence.example/{tenant}"),
        )

    def host(
        self, role: Role = Role.DOCK, *, validity: Validity | None = None
    ) -> "HostPapers":
        """Make key and certificate of a host of this agency."""
        key = PrivateKey.generate()
        validity = validity or Validity(self.now_ms - DAY_MS, self.now_ms + YEAR_MS)
        subject = Subject("DOCK-0001", "dock")
        return HostPapers(key, self.ca.issue(subject, key.public, role, validity))

    def settings(self, serial: str, version: int, **changes: object) -> bytes:
        """Sign settings for a camera."""
        told = Settings(
            target=serial,
            version=version,
            tenant=self.tenant,
            not_before_ms=0,
            bluetooth=Bluetooth(enabled=True, view_pairing=True, signal=True),
            wifi=False,
            slate=False,
            sealing=True,
            replay=False,
            pre_event=PreEvent(seconds=5, sound=False),
            quality=Quality.STANDARD,
            permitted=(),
            receipt_keys=(self.receipt_key.public.point,),
            log=Log(self.log.name, self.log.verifier.vkey),
            grant_key=self.grant_key.public.point,
            evidence_keys=(self.evidence_key.public.point,),
            categories=(),
            zone="UTC",
            firmware_window=None,
            rollover_s=14_400,
            delete_unopened=False,
        )
        told = replace(told, **changes)  # type: ignore[arg-type]
        return sign("settings", told.encode(), self.settings_key)

    def adopted(
        self, identity: Identity, serial: str, model: str, nonce: bytes
    ) -> Adopted:
        """Answer a camera's request for certificates."""
        subject = Subject(serial, model)
        validity = Validity(self.now_ms - DAY_MS, self.now_ms + 10 * YEAR_MS)
        sign_der, auth_der = (
            self.ca.issue(subject, read_request(request), role, validity).der
            for request, role in (
                (identity.sign_request, Role.CAMERA_SIGN),
                (identity.auth_request, Role.CAMERA_AUTH),
            )
        )
        until = self.now_ms + YEAR_MS
        grant = Grant(identity.link, GrantRole.CAMERA, serial, None, until, self.tenant)
        adoption = Adoption(serial, self.tenant, nonce, self.settings_key.public.point)
        return Adopted(
            sign_der,
            auth_der,
            sign("grant", grant.encode(), self.grant_key),
            self.settings(serial, 1),
            self.ca.certificate.der,
            sign("adoption", adoption.encode(), self.ca.key),
        )

    def release(self, serial: str, nonce: bytes) -> bytes:
        """Sign a camera's release."""
        release = Release(serial, self.tenant, nonce, self.now_ms)
        return sign("release", release.encode(), self.settings_key)

    def time(self, nonce: bytes, utc_ms: int) -> bytes:
        """Sign the time for a nonce."""
        return sign("time", SignedTime(nonce, utc_ms).encode(), self.settings_key)

    def _receipt(self, leaf: Leaf) -> bytes:
        raw = leaf.encode()
        note = self.log.sign(Checkpoint(self.log.name, 1, leaf_hash(raw)))
        return sign("receipt", Receipt(raw, 0, note, ()).encode(), self.receipt_key)

    def received(self, serial: str, closing: bytes) -> Received:
        """Say of a recording what the server would, by its closing entry."""
        stop = Stop.of(Entry.decode(parse("journal", closing).payload).data)
        return Received(
            self.tenant,
            stop.recording,
            serial,
            stop.length,
            stop.sha256,
            sha256(closing),
            opened=True,
            genesis=stop.genesis,
            links=stop.links,
            head=stop.head,
            received_ms=self.now_ms,
        )

    def receive(self, received: Received) -> bytes:
        """Give a receipt for a recording."""
        leaf = Leaf(
            self.now_ms,
            (ActorKind.DEVICE, received.serial),
            RECORDING_RECEIVED,
            (ObjectKind.RECORDING, received.recording.hex()),
            received.items(),
            None,
        )
        return self._receipt(leaf)

    def receive_journal(self, received: JournalReceived) -> bytes:
        """Give a receipt for a journal up to an entry."""
        leaf = Leaf(
            self.now_ms,
            (ActorKind.DEVICE, received.serial),
            JOURNAL_RECEIVED,
            (ObjectKind.DEVICE, received.serial),
            received.items(),
            None,
        )
        return self._receipt(leaf)


@dataclass(frozen=True)
class HostPapers:
    """What a host shows in TLS."""

    key: PrivateKey
    certificate: Certificate


class Host:
    """A host at a camera's port, as simple as can be; also sends what is wrong."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        """Connect."""
        plain = socket.create_connection(address, timeout=10)
        try:
            self.secured = context.wrap_socket(plain)
        except OSError:
            plain.close()
            raise
        self._number = 0

    def ask(self, verb: int, arguments: Mapping[int, Value] | None = None) -> Answer:
        """Ask, and give the answer whatever it is."""
        self._number += 1
        self.send(frame(Request(self._number, verb, arguments or {}).encode()))
        return self.receive()

    def send(self, data: bytes) -> None:
        """Send any bytes."""
        self.secured.sendall(data)

    def receive(self) -> Answer:
        """Receive an answer; raises OSError where the camera hung up."""
        return Answer.decode(self._exactly(frame_length(self._exactly(4))))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.secured.recv(size - len(data))
            if not piece:
                raise ConnectionResetError("the camera hung up")
            data += piece
        return data

    def close(self) -> None:
        """Hang up."""
        self.secured.close()
