"""What leaves the server with a recording: proof packages, and exports to a folder."""

import shutil
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection

from lapel.base.errors import NotFoundError
from lapel.base.ids import parse_recording_name, recording_name
from lapel.crypto.digest import sha256
from lapel.evidence import package_report
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import (
    Act,
    Action,
    Actor,
    SignedHead,
    Target,
    Who,
)
from lapel.evidence.devices import revoking
from lapel.evidence.ingest import service as ingest
from lapel.evidence.items import service as items
from lapel.evidence.items.service import Opened
from lapel.evidence.journals import service as journals
from lapel.evidence.playback import ClearFile
from lapel.evidence.site import Site
from lapel.proof import package
from lapel.proof.checkpoints import Consistency
from lapel.proof.extract import CustodyExtract, Extracted, SaltedText
from lapel.wire import cose
from lapel.wire.custody import ActorKind, Checkpoint, ObjectKind, parse_note
from lapel.wire.packaged import Packaged
from lapel.wire.receipt import Receipt

_PIECE: Final = 1 << 20


class Exported(msgspec.Struct, frozen=True):
    """One recording in an export: paths of what was written."""

    id: str
    camera: str
    sealed: str
    envelope: str
    mp4: str
    closing: str
    receipt: str | None


@dataclass(frozen=True)
class Ordered:
    """A package that is about to be made: for whom, of what, sealed too or not, why."""

    who: Who
    recording: bytes
    sealed: bool = False
    why: str = ""


@dataclass(frozen=True)
class Prepared:
    """A package that was logged: its small parts, and what the large ones are."""

    opened: Opened
    small: Mapping[str, bytes]
    sealed: bool


def prepare(site: Site, order: Ordered) -> Prepared:
    """Log that a package is made, and gather all of it but the recording itself.

    The act names each part by its hash and says how many acts on the recording stand
    before it, so that nothing can be left out of the package or put into it later.
    """
    tenant, target = site.tenant.id, _target(order.recording)
    with site.database.write() as connection:
        opened = items.open_item(connection, tenant, order.recording)
        if order.sealed and not opened.item.sealed:
            raise NotFoundError("this recording was not sealed by its camera")
        small = _parts(site, connection, opened, order)
        named = {name: sha256(data) for name, data in small.items()}
        if order.sealed:
            named[package.SEALED] = opened.item.sha256
        told = Packaged(
            custody.count_on(connection, tenant, target), tuple(sorted(named.items()))
        )
        texts = {3: opened.item.title, **({5: order.why} if order.why else {})}
        act = items.act(order.who, Action.PACKAGED, opened.item, texts)
        number = custody.append(
            connection, site.stamp(), replace(act, detail=told.items())
        )
    head = site.checkpoints.cover(number)
    small[package.CUSTODY] = _custody(site, target, number, head)
    small[package.CHECKPOINT] = head.note.encode()
    return Prepared(opened, small, order.sealed)


def _parts(
    site: Site, connection: Connection, opened: Opened, order: Ordered
) -> dict[str, bytes]:
    """Gather the parts that the act names."""
    item, tenant = opened.item, site.tenant.id
    receipt = ingest.receipt(connection, tenant, item.id)
    entries = journals.extract(connection, tenant, item.serial, item.id)
    found = {
        package.CLOSING: opened.closing,
        package.JOURNAL: b"".join(entries),
        package.CERTIFICATES: b"".join(
            certificate.to_pem()
            for certificate in (site.keys.ca.certificate, *site.devices.makers())
        ),
        package.REPORT: package_report.text(site, opened).encode(),
        package.VERIFIER: package.VERIFIER_FILE.read_bytes(),
    }
    if receipt is not None:
        found[package.RECEIPT] = receipt
    now = site.ground.clock.utc_ms()
    ended = revoking.listed(connection, tenant, site.keys.ca, now)
    if ended is not None:
        found[package.REVOCATIONS] = ended.to_pem()
    if order.sealed:
        envelope = site.ingest.envelope(item.serial, item.id)
        if envelope is not None:
            found[package.ENVELOPE] = envelope
    return found


def stream(site: Site, prepared: Prepared) -> Generator[bytes]:
    """Build the package piece by piece; the recording is opened as it passes."""
    opened = prepared.opened
    with ClearFile.open(site.ingest, opened) as clear:
        media = clear.read(0, clear.size)
        sealed = _stored(site, opened) if prepared.sealed else None
        yield from package.build(prepared.small, media, sealed)


def _stored(site: Site, opened: Opened) -> Generator[bytes]:
    """Read the file as the camera stored it."""
    with site.ingest.objects.path(opened.item.object).open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _target(recording: bytes) -> Target:
    return Target(ObjectKind.RECORDING, recording_name(recording))


def _custody(site: Site, target: Target, last: int, head: SignedHead) -> bytes:
    """Write the acts on a recording up to number `last`, each with its proof.

    With them goes the proof that the checkpoint extends that of the receipt.
    """
    tenant = site.tenant.id
    with site.database.read() as connection:
        logged = [
            one
            for one in custody.acts_on(connection, tenant, target)
            if one.number <= last
        ]
        acts = tuple(
            Extracted(
                one.number,
                one.leaf,
                {
                    field: SaltedText(one.salts[field], words)
                    for field, words in one.texts.items()
                },
                custody.inclusion(connection, tenant, one.number, head.size),
            )
            for one in logged
        )
        receipt = ingest.receipt(connection, tenant, parse_recording_name(target.name))
        proofs = _since(connection, tenant, receipt, head)
    return CustodyExtract(acts, proofs).encode()


def _since(
    connection: Connection, tenant: str, receipt: bytes | None, head: SignedHead
) -> tuple[Consistency, ...]:
    if receipt is None:
        return ()
    note = Receipt.decode(cose.parse("receipt", receipt).payload).checkpoint
    old = Checkpoint.parse(parse_note(note)[0]).size
    proof = custody.consistency(connection, tenant, old, head.size)
    return (Consistency(old, head.size, proof),)


def export(site: Site, out: Path) -> list[Exported]:
    """Write every recording with its companions below `out`, opened and sealed.

    That each left is logged before it does.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[Exported] = []
    with site.database.read() as connection:
        names = items.every_id(connection, site.tenant.id)
    for recording in names:
        with site.database.write() as connection:
            opened = items.open_item(connection, site.tenant.id, recording)
            custody.append(connection, site.stamp(), _exported(recording))
        written.append(_export_one(site, opened, out))
    return written


def _exported(recording: bytes) -> Act:
    operator = Actor(ActorKind.SYSTEM, "operator")
    return Act(operator, Action.EXPORTED, _target(recording))


def _export_one(site: Site, opened: Opened, out: Path) -> Exported:
    item = opened.item
    stem = out / recording_name(item.id)
    sealed = stem.with_suffix(".sealed")
    envelope = site.ingest.envelope(item.serial, item.id) or b""
    with site.database.read() as connection:
        receipt = ingest.receipt(connection, site.tenant.id, item.id)
    if item.sealed:
        shutil.copyfile(site.ingest.objects.path(item.object), sealed)
        stem.with_suffix(".envelope").write_bytes(envelope)
    with (
        stem.with_suffix(".mp4").open("wb") as target,
        ClearFile.open(site.ingest, opened) as clear,
    ):
        for piece in clear.read(0, clear.size):
            target.write(piece)
    stem.with_suffix(".closing").write_bytes(opened.closing)
    if receipt is not None:
        stem.with_suffix(".receipt").write_bytes(receipt)
    return Exported(
        id=recording_name(item.id),
        camera=item.serial,
        sealed=str(sealed) if item.sealed else "",
        envelope=str(stem.with_suffix(".envelope")) if item.sealed else "",
        mp4=str(stem.with_suffix(".mp4")),
        closing=str(stem.with_suffix(".closing")),
        receipt=None if receipt is None else str(stem.with_suffix(".receipt")),
    )
