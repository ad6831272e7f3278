"""The device door for cameras: what a dock asks and brings on their behalf."""

from typing import Any, Final

import msgspec
import structlog
from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from lapel.base.errors import MalformedError, NotFoundError, RefusedError
from lapel.base.ids import parse_recording_name
from lapel.base.ids import serial as checked_serial
from lapel.crypto import cose
from lapel.crypto.digest import sha256
from lapel.evidence.api.access import BY_TOKEN, caller_of
from lapel.evidence.devices import reading
from lapel.evidence.devices.model import Kind, State
from lapel.evidence.devices.service import sign_key
from lapel.evidence.ingest import commit
from lapel.evidence.ingest.saying import take_over
from lapel.evidence.journals import service as journals
from lapel.evidence.settings import service as settings
from lapel.evidence.site import Site
from lapel.wire.adoption import Identity
from lapel.wire.time import SignedTime

_log: Final = structlog.get_logger("lapel.evidence")

_OURS: Final = frozenset({State.OWNED, State.LOST, State.FOUND})
JOURNAL_MOST = 4 << 20
OCTETS = "application/octet-stream"


class CameraState(msgspec.Struct, frozen=True):
    """What the server knows of a camera."""

    known: bool
    owned: bool
    released: bool = False
    settings_version: int | None = None
    settings_hash: str | None = None
    journal_seq: int | None = None
    journal_hash: str | None = None


class Nonce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A camera's adoption nonce, in hexadecimal digits or base64."""

    nonce: str


class Cameras(Controller):
    """Routes below `/device/cameras/{serial}`."""

    path = "/device/cameras/{serial:str}"
    tags = ("device: cameras",)
    security = BY_TOKEN

    @get(summary="What the server knows of a camera", sync_to_thread=True)
    def state(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
    ) -> CameraState:
        """Tell ownership, the settings it should run, and the last entry held."""
        caller_of(request, site)
        name = checked_serial(serial)
        tenant = site.tenant.id
        with site.database.read() as connection:
            device = reading.find(connection, tenant, name)
            given = settings.latest(connection, tenant, name)
            head = journals.head(connection, tenant, name)
        return CameraState(
            known=device is not None and device.kind is Kind.CAMERA,
            owned=device is not None and device.state in _OURS,
            released=device is not None and device.state is State.RELEASED,
            settings_version=None if given is None else given[0],
            settings_hash=None if given is None else sha256(given[1]).hex(),
            journal_seq=None if head is None else head.seq,
            journal_hash=None if head is None else head.hash.hex(),
        )

    @post("/voucher", status_code=200, media_type=OCTETS, sync_to_thread=True)
    def voucher(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
        data: JSONBody[Nonce],
    ) -> bytes:
        """Give the manufacturer's voucher for a camera that shows this nonce."""
        caller_of(request, site)
        return site.devices.voucher(checked_serial(serial), _nonce(data.nonce))

    @post("/identity", status_code=200, media_type=OCTETS)
    async def identity(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
    ) -> bytes:
        """Issue certificates, grant and first settings for a camera's new keys."""
        caller_of(request, site)
        name = checked_serial(serial)
        asked = Identity.decode(await request.body())
        adopted = await site.in_thread(
            site.devices.adopt_camera,
            name,
            asked,
            lambda connection: site.settings_for(connection, name),
        )
        return adopted.encode()

    @post("/time", status_code=200, media_type=OCTETS)
    async def time(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
    ) -> bytes:
        """Sign the time under a camera's nonce."""
        caller_of(request, site)
        checked_serial(serial)
        nonce = await request.body()
        if len(nonce) != 16:
            raise MalformedError("a nonce has 16 bytes")
        signed = SignedTime(nonce, site.ground.clock.utc_ms())
        return cose.sign("time", signed.encode(), site.keys.settings)

    @post(
        "/journal",
        status_code=200,
        media_type=OCTETS,
        request_max_body_size=JOURNAL_MOST,
    )
    async def journal(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
    ) -> bytes:
        """Take journal entries in and give the receipt for the last one held."""
        who = caller_of(request, site)
        name = checked_serial(serial)
        data = await request.body()
        return await site.in_thread(_take_journal, site, who.serial, name, data)

    @put("/envelopes/{recording:str}", status_code=204)
    async def envelope(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
        recording: FromPath[str],
    ) -> None:
        """Keep the envelope of a recording; the first that fits stays."""
        caller_of(request, site)
        kept = await site.in_thread(
            site.ingest.put_envelope,
            checked_serial(serial),
            parse_recording_name(recording),
            await request.body(),
        )
        if not kept:
            _log.warning("envelope.not-kept", camera=serial, recording=recording)

    @get("/settings", media_type=OCTETS, sync_to_thread=True)
    def settings(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
    ) -> Response[bytes]:
        """Give the signed settings for a camera that is ours, or was."""
        caller_of(request, site)
        name = checked_serial(serial)
        device = site.devices.find(name)
        if device is None or device.state is State.KNOWN:
            raise NotFoundError(f"camera {name} is not ours")
        with site.database.write() as connection:
            document = site.settings_for(connection, name)
        return Response(document, media_type=OCTETS)

    @post("/release", status_code=200, media_type=OCTETS, sync_to_thread=True)
    def release(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        serial: FromPath[str],
        data: JSONBody[Nonce],
    ) -> bytes:
        """Sign the release of a camera that was released, under the nonce it shows."""
        caller_of(request, site)
        return site.devices.release(checked_serial(serial), _nonce(data.nonce))


def _nonce(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text) if len(text) == 32 else b""
    except ValueError:
        raw = b""
    if not raw:
        try:
            raw = msgspec.convert(text, bytes, strict=False)
        except msgspec.ValidationError:
            raw = b""
    if len(raw) != 16:
        raise MalformedError("a nonce has 16 bytes, as 32 hexadecimal digits")
    return raw


def _take_journal(site: Site, dock: str, serial: str, data: bytes) -> bytes:
    tenant = site.tenant.id
    with site.database.read() as connection:
        if reading.find(connection, tenant, serial) is None:
            raise NotFoundError(f"camera {serial} is not known here")
        delivery = journals.Delivery(
            serial,
            data,
            (site.keys.ca.certificate, *site.devices.makers()),
            sign_key(connection, tenant, serial),
        )
    if not data:
        raise RefusedError("empty", "no journal entry came")
    try:
        with site.database.write() as connection:
            taken = journals.take(connection, site.stamp(), delivery)
            take_over(connection, site.stamp(), serial, taken.annotated)
    except journals.ForkError as error:
        with site.database.write() as connection:
            journals.keep_fork(connection, site.stamp(), serial, error)
        raise
    site.devices.contact(serial, dock)
    return commit.sign_receipt(site.ingest, taken.leaf_number)
