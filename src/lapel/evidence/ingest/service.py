"""Use cases of uploads and envelopes; what happens at the end is in `commit`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import (
    LapelError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.crypto.seal import unwrap
from lapel.evidence.custody.checkpoints import Checkpoints
from lapel.evidence.custody.service import Stamp
from lapel.evidence.devices import reading as devices
from lapel.evidence.ingest import rules, table
from lapel.evidence.ingest.arrival import Arrival
from lapel.evidence.ingest.inspect import Inspector
from lapel.evidence.ingest.ledger import Ledger
from lapel.evidence.ingest.model import Upload
from lapel.evidence.items import service as items
from lapel.evidence.journals import service as journals
from lapel.evidence.store.database import Database, Quiet
from lapel.evidence.store.objects import Objects
from lapel.evidence.tenants.model import KeyRing
from lapel.proof.trust import Trust
from lapel.wire.sealed import Envelope

ARRIVALS_MOST = 256


def _no_arrivals() -> dict[str, Arrival]:
    return {}


@dataclass(frozen=True)
class Ingest:
    """Everything that taking recordings in needs, for one tenant."""

    database: Database
    objects: Objects
    clock: Clock
    entropy: Entropy
    tenant: str
    keys: KeyRing
    makers: Callable[[], tuple[Certificate, ...]]
    checkpoints: Checkpoints
    threads: ThreadPoolExecutor
    ledger: Ledger
    arrivals: dict[str, Arrival] = field(default_factory=_no_arrivals)

    def stamp(self) -> Stamp:
        """Say where and when an act is logged."""
        return Stamp(self.tenant, self.clock.utc_ms(), self.entropy)

    def trust(self) -> Trust:
        """Give the anchors of signers: our own CA, and manufacturers known here."""
        return Trust(authorities=(self.keys.ca.certificate, *self.makers()))

    def create(self, dock: str, serial: str, recording: bytes, length: int) -> Upload:
        """Begin an upload, or give the one that this recording has already."""
        if not 0 < length <= rules.UPLOAD_MOST:
            raise RefusedError("length", "a recording of this length is not taken")
        now = self.clock.utc_ms()
        with self.database.read() as connection:
            if devices.find(connection, self.tenant, serial) is None:
                raise NotFoundError(f"camera {serial} is not known here")
            row = table.by_recording(connection, self.tenant, serial, recording)
        if row is not None:
            old = _upload(row)
            if old.length == length and self.objects.arrived(old.id) is not None:
                return old
            self.drop(old)
        name = self.entropy(16).hex()
        values: dict[str, object] = {
            "id": name,
            "tenant": self.tenant,
            "serial": serial,
            "recording": recording,
            "length": length,
            "dock": dock,
            "now": now,
            "expires": now + rules.UPLOAD_MS,
        }
        self.objects.begin(name, length)
        with self.database.write(Quiet.UPLOAD, lasting=False) as connection:
            table.add(connection, values)
        return Upload(
            name, self.tenant, serial, recording, length, now + rules.UPLOAD_MS
        )

    def find(self, name: str) -> Upload:
        """Find an upload; raises NotFoundError."""
        with self.database.read() as connection:
            row = table.by_id(connection, name)
        if row is None or row["tenant"] != self.tenant:
            raise NotFoundError("this upload is not here (any more); begin it again")
        return _upload(row)

    def offset(self, upload: Upload) -> int:
        """Bytes that arrived."""
        arrival = self.arrivals.get(upload.id)
        if arrival is not None:
            return arrival.size
        size = self.objects.arrived(upload.id)
        if size is None:
            raise NotFoundError("this upload is not here (any more); begin it again")
        return size

    def arrival(self, upload: Upload) -> Arrival:
        """Open an upload for more bytes."""
        found = self.arrivals.get(upload.id)
        if found is None:
            self._make_room()
            inspector = Inspector(upload.recording, upload.length, self.key(upload))
            found = Arrival(self.objects.grow(upload.id), inspector)
            self.arrivals[upload.id] = found
        return found

    def _make_room(self) -> None:
        for name, arrival in list(self.arrivals.items()):
            if len(self.arrivals) < ARRIVALS_MOST:
                return
            if not arrival.turn.locked():
                self.close(name)
        if len(self.arrivals) >= ARRIVALS_MOST:
            raise RefusedError("busy", "too many uploads at once; try again soon")

    def close(self, name: str) -> None:
        """Let an open upload go; its bytes stay."""
        arrival = self.arrivals.pop(name, None)
        if arrival is not None:
            arrival.part.close()

    def drop(self, upload: Upload) -> None:
        """End an upload before its commit; its bytes go."""
        with self.database.read() as connection:
            known = items.find(connection, self.tenant, upload.recording)
        if known is not None and known.object == upload.id:
            raise RefusedError("committed", "this recording was taken in already")
        self.close(upload.id)
        with self.database.write(Quiet.UPLOAD) as connection:
            table.drop(connection, upload.id)
        self.objects.drop_part(upload.id)

    def sweep(self) -> None:
        """Remove uploads whose time is over."""
        with self.database.read() as connection:
            rows = table.expired(connection, self.clock.utc_ms())
        for row in rows:
            upload = _upload(row)
            with self.database.write(Quiet.UPLOAD) as connection:
                table.drop(connection, upload.id)
            self.close(upload.id)
            self.objects.drop_part(upload.id)

    def open_uploads(self) -> list[tuple[Upload, int]]:
        """List uploads whose recording has not been taken in, with bytes arrived."""
        with self.database.read() as connection:
            rows = table.still_open(connection, self.tenant)
        found = [_upload(row) for row in rows]
        sizes = [self.objects.arrived(upload.id) for upload in found]
        return [
            (upload, size)
            for upload, size in zip(found, sizes, strict=True)
            if size is not None
        ]

    def put_envelope(self, serial: str, recording: bytes, document: bytes) -> bool:
        """Keep the envelope of a recording; False where it must not be kept.

        1. It names this recording. 2. The envelope of a recording that was taken in
        stays: whoever could replace it could destroy the recording. 3. Where the
        journal holds the start of the recording, it is the one that is named there.

        An envelope that is not kept is no error of the dock that carries it: it goes
        on, and the recording is judged by what is kept.
        """
        if Envelope.decode(document).recording != recording:
            raise MalformedError("the envelope is of another recording")
        values: dict[str, object] = {
            "tenant": self.tenant,
            "serial": serial,
            "recording": recording,
            "document": document,
            "now": self.clock.utc_ms(),
        }
        with self.database.write(Quiet.UPLOAD, lasting=False) as connection:
            if devices.find(connection, self.tenant, serial) is None:
                raise NotFoundError(f"camera {serial} is not known here")
            if table.envelope(connection, self.tenant, serial, recording) == document:
                return True
            if items.find(connection, self.tenant, recording) is not None:
                return False
            named = journals.envelope_hash(connection, self.tenant, serial, recording)
            if named is not None and named != sha256(document):
                return False
            table.add_envelope(connection, values)
        return True

    def envelope(self, serial: str, recording: bytes) -> bytes | None:
        """Find the envelope of a recording."""
        with self.database.read() as connection:
            return table.envelope(connection, self.tenant, serial, recording)

    def closing(self, upload: Upload) -> bytes:
        """Find the closing entry of an upload in the journal that came."""
        with self.database.read() as connection:
            found = journals.closing_entry(
                connection, self.tenant, upload.serial, upload.recording
            )
        if found is None:
            raise RefusedError(
                "no-closing-entry",
                "the journal that came has no closing entry for this recording",
            )
        return found

    def key(self, upload: Upload) -> bytes | None:
        """Unwrap the key of a recording; None where none of ours does."""
        return self.recording_key(upload.serial, upload.recording)

    def recording_key(self, serial: str, recording: bytes) -> bytes | None:
        """Unwrap the key of a recording; None where none of ours does."""
        document = self.envelope(serial, recording)
        if document is None:
            return None
        try:
            return unwrap(Envelope.decode(document), self.keys.evidence)
        except LapelError:
            return None


def receipt(connection: Connection, tenant: str, recording: bytes) -> bytes | None:
    """Find the receipt of a recording."""
    row = table.receipt(connection, tenant, recording)
    return None if row is None or row["document"] is None else bytes(row["document"])


def _upload(row: RowMapping) -> Upload:
    return Upload(
        id=str(row["id"]),
        tenant=str(row["tenant"]),
        serial=str(row["serial"]),
        recording=bytes(row["recording"]),
        length=int(row["length"]),
        expires_ms=int(row["expires_ms"]),
    )
