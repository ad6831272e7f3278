"""Adoption of this camera into a tenant, and its release (formats 13).

Every step may be repeated after a power cut. Until the owner file is in place the
camera is unowned, whatever else was done.
"""

from typing import Final

from lapel.base import faults
from lapel.base.clock import ClockQuality
from lapel.base.errors import LapelError, RefusedError
from lapel.camera.body import Camera
from lapel.camera.identity import Adopting, Owner
from lapel.crypto.certs import Certificate, Role
from lapel.crypto.cose import check
from lapel.crypto.keys import PublicKey
from lapel.ports.keystore import OF_TENANT, KeyName
from lapel.proof.grant import Wanted, check_grant
from lapel.protocol.adopting import Asked, Ownership, follow
from lapel.wire.adoption import (
    Adopted,
    Adoption,
    Identity,
    Release,
    Voucher,
    proven,
)
from lapel.wire.cbor import Value
from lapel.wire.grant import GrantRole
from lapel.wire.journal import EntryKind
from lapel.wire.settings import Settings

_CERTIFIED: Final = ((KeyName.SIGN, Role.CAMERA_SIGN), (KeyName.AUTH, Role.CAMERA_AUTH))


def ownership(camera: Camera) -> Ownership:
    """Say whose the camera is."""
    if camera.papers.owner:
        return Ownership.OWNED
    return Ownership.HALF if camera.papers.adopting else Ownership.UNOWNED


def _step(camera: Camera, asked: Asked) -> None:
    state = ownership(camera)
    if follow(state, asked) is None:
        raise RefusedError("wrong-state", f"a camera that is {state.value} takes none")


def take_voucher(camera: Camera, raw: bytes) -> Identity:
    """Take a voucher, make keys, and answer with what is to be certified.

    1. The maker whose certificate is burnt in signed it. 2. It names this camera and
    the number that it told. 3. It has not run out, by a clock that is set. 4. Its CA
    can be pinned.
    """
    _step(camera, Asked.VOUCHER)
    papers = camera.papers
    try:
        maker = Certificate.from_der(papers.identity.maker)
        voucher = Voucher.decode(check("voucher", raw, maker.public))
        ca = Certificate.from_der(voucher.tenant_ca)
    except LapelError as error:
        raise RefusedError("voucher", str(error)) from error
    if (voucher.serial, voucher.nonce) != (papers.identity.serial, papers.nonce):
        raise RefusedError("voucher", "a voucher for another camera or another time")
    now = camera.time.now()
    if now.quality is not ClockQuality.UNSET and now.utc_ms > voucher.not_after_ms:
        raise RefusedError("voucher", "a voucher that has run out")
    if not ca.is_ca:
        raise RefusedError("voucher", "a voucher without a CA")
    _keys_of_another(camera, voucher)
    papers.begin_adoption(Adopting(voucher.tenant, voucher.tenant_ca, voucher.nonce))
    faults.point("camera.adopt.voucher")
    camera.board.keys.make(OF_TENANT)
    faults.point("camera.adopt.keys")
    return _identity(camera, voucher.nonce)


def _keys_of_another(camera: Camera, voucher: Voucher) -> None:
    """Destroy keys that were made for another tenant: each has keys of its own."""
    before = camera.papers.adopting
    named = (voucher.tenant, voucher.tenant_ca)
    if before is None or (before.tenant, before.ca) != named:
        camera.board.keys.erase(OF_TENANT)


def _identity(camera: Camera, nonce: bytes) -> Identity:
    keys, papers = camera.board.keys, camera.papers
    serial, model = papers.identity.serial, papers.identity.model
    sign, auth = (keys.request(name, serial, model) for name, _ in _CERTIFIED)
    link, opening = (keys.public(name).point for name in (KeyName.LINK, KeyName.OPEN))
    proof = keys.sign(KeyName.ID, proven(sign, auth, link, opening, nonce))
    return Identity(sign, auth, link, opening, papers.identity.id_certificate, proof)


def take_credentials(camera: Camera, adopted: Adopted) -> None:
    """Belong to the tenant from here on.

    1. The CA is the one of the voucher, and it signed the adoption for this camera,
    tenant and number. 2. It issued both certificates, each with its role, for this
    camera's own keys. 3. The grant is for the link key. 4. The settings are for this
    camera, by the key that the adoption names. Only then anything is changed; a boot
    entry under the new key follows at once.
    """
    _step(camera, Asked.CREDENTIALS)
    papers = camera.papers
    adopting = papers.adopting
    if adopting is None or adopted.ca != adopting.ca:
        raise RefusedError("adoption", "another CA than the voucher's")
    try:
        owner = _check(camera, adopted, adopting)
        key = PublicKey.from_point(owner.settings_key)
        target = (papers.identity.serial, adopting.tenant)
        camera.rulebook.forget()
        settings = camera.rulebook.check(
            adopted.settings, key, target, camera.time.now()
        )
        _check_grant(camera, adopted.grant, settings.settings)
    except RefusedError:
        raise
    except LapelError as error:
        raise RefusedError("adoption", str(error)) from error
    camera.rulebook.follow(adopted.settings, settings)
    try:
        papers.own(owner)
    finally:
        if papers.owner is None:
            camera.rulebook.forget()
    faults.point("camera.adopt.owner")
    camera.sign_on()
    runs: dict[int, Value] = {1: camera.rulebook.version, 2: camera.rulebook.hash}
    camera.note(EntryKind.SETTINGS, runs)
    camera.obey_wearer()


def _check(camera: Camera, adopted: Adopted, adopting: Adopting) -> Owner:
    serial, model = camera.papers.identity.serial, camera.papers.identity.model
    ca = Certificate.from_der(adopting.ca)
    told = Adoption.decode(check("adoption", adopted.adoption, ca.public))
    named = (told.serial, told.tenant, told.nonce)
    if named != (serial, adopting.tenant, adopting.nonce):
        raise RefusedError("adoption", "an adoption of another camera")
    given = (adopted.sign_certificate, adopted.auth_certificate)
    for der, (name, role) in zip(given, _CERTIFIED, strict=True):
        certificate = Certificate.from_der(der)
        ours = camera.board.keys.public(name).point
        if not certificate.issued_by(ca) or certificate.role is not role:
            raise RefusedError("certificate", f"no {role.name} certificate of the CA")
        if (certificate.serial, certificate.model) != (serial, model):
            raise RefusedError("certificate", "a certificate for another camera")
        if certificate.public.point != ours:
            raise RefusedError("certificate", "a certificate for another key")
    return Owner(adopting.tenant, adopting.ca, told.settings_key, *given, adopted.grant)


def _check_grant(camera: Camera, raw: bytes, settings: Settings) -> None:
    wanted = Wanted(
        PublicKey.from_point(settings.grant_key),
        camera.board.keys.public(KeyName.LINK).point,
        frozenset({GrantRole.CAMERA}),
        settings.tenant,
    )
    now = camera.time.now()
    set_clock = now.quality is not ClockQuality.UNSET
    grant = check_grant(raw, wanted, now.utc_ms if set_clock else None)
    if grant.holder != camera.papers.identity.serial:
        raise RefusedError("grant", "a grant for another camera")


def take_release(camera: Camera, raw: bytes) -> None:
    """Belong to nobody: the tenant's settings and keys go, recordings stay.

    1. The settings key signed it. 2. It names this camera, tenant and number.
    """
    _step(camera, Asked.RELEASE)
    papers = camera.papers
    owner = papers.owner
    if owner is None:
        raise RefusedError("wrong-state", "the camera belongs to nobody")
    try:
        key = PublicKey.from_point(owner.settings_key)
        release = Release.decode(check("release", raw, key))
    except LapelError as error:
        raise RefusedError("release", str(error)) from error
    named = (release.serial, release.tenant, release.nonce)
    if named != (papers.identity.serial, owner.tenant, papers.nonce):
        raise RefusedError("release", "a release of another camera or another time")
    papers.release()
    faults.point("camera.release.owner")
    camera.sign_on()
    camera.forget_owner()
    camera.board.keys.erase(OF_TENANT)
