"""What leaves the server with a recording: proof packages, and exports to a folder."""

import base64
import shutil
from collections.abc import Generator
from pathlib import Path

import msgspec

from lapel.base.ids import recording_name
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import (
    Act,
    Action,
    Actor,
    Logged,
    SignedHead,
    Target,
)
from lapel.evidence.ingest import service as ingest
from lapel.evidence.items import service as items
from lapel.evidence.items.service import Opened
from lapel.evidence.journals import service as journals
from lapel.evidence.playback import ClearFile
from lapel.evidence.site import Site
from lapel.proof import package
from lapel.wire.custody import ActorKind, ObjectKind


class Exported(msgspec.Struct, frozen=True):
    """One recording in an export: paths of what was written."""

    id: str
    camera: str
    sealed: str
    envelope: str
    mp4: str
    closing: str
    receipt: str | None


def small_files(site: Site, opened: Opened) -> dict[str, bytes]:
    """Gather everything of a proof package but the recording itself."""
    item, tenant = opened.item, site.tenant.id
    target = Target(ObjectKind.RECORDING, recording_name(item.id))
    with site.database.read() as connection:
        receipt = ingest.receipt(connection, tenant, item.id)
        entries = journals.extract(connection, tenant, item.serial, item.id)
        logged = custody.acts_on(connection, tenant, target)
    head = site.checkpoints.cover(max((one.number for one in logged), default=0))
    found = {
        package.CLOSING: opened.closing,
        package.JOURNAL: b"".join(entries),
        package.CUSTODY: _custody(site, logged, head),
        package.CHECKPOINT: head.note.encode(),
        package.CERTIFICATES: b"".join(
            certificate.to_pem()
            for certificate in (site.keys.ca.certificate, *site.devices.makers())
        ),
        package.REPORT: _report(site, opened).encode(),
    }
    if receipt is not None:
        found[package.RECEIPT] = receipt
    return found


def stream(site: Site, opened: Opened, small: dict[str, bytes]) -> Generator[bytes]:
    """Build the proof package piece by piece; the recording is opened as it passes."""
    with ClearFile.open(site.ingest, opened) as clear:
        yield from package.build(small, clear.read(0, clear.size))


def _custody(site: Site, logged: list[Logged], head: SignedHead) -> bytes:
    with site.database.read() as connection:
        acts = [
            {
                "number": one.number,
                "leaf": base64.b64encode(one.leaf).decode(),
                "texts": {str(field): words for field, words in one.texts.items()},
                "proof": [
                    base64.b64encode(item).decode()
                    for item in custody.inclusion(
                        connection, site.tenant.id, one.number, head.size
                    )
                ],
            }
            for one in logged
        ]
    document = {"size": head.size, "checkpoint": head.note, "acts": acts}
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _report(site: Site, opened: Opened) -> str:
    item = opened.item
    lines = (
        f"Recording {recording_name(item.id)}",
        f"Camera {item.serial} ({item.model})",
        f"Agency {site.tenant.name}",
        f"Title {item.title or '-'}",
        f"Start {item.start_ms} ms UTC, clock quality {item.clock}",
        f"Length {item.length_ms} ms, {item.size} bytes as stored",
        f"SHA-256 as stored {item.sha256.hex()}",
        f"Verdict when it came in: {item.verdict}",
        "",
        "Check it without this server: lapel verify PACKAGE --trust AGENCY.pem",
        "Get AGENCY.pem from the agency another way than this package.",
        "",
    )
    return "\n".join(lines)


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
    target = Target(ObjectKind.RECORDING, recording_name(recording))
    return Act(operator, Action.EXPORTED, target)


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
