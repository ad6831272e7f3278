"""Use cases of devices: machine codes, adoption, sign-in of machines, vouchers."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import NotFoundError, RefusedError, SignatureError
from lapel.crypto import cose, tokens
from lapel.crypto.certs import Certificate, Issuer, Role, Subject, read_request
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import SYSTEM, Act, Action, Actor, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.devices import reading, revoking, rules, standing, table
from lapel.evidence.devices.model import Caller, Device, Kind, Move, Standing, State
from lapel.evidence.store.database import Database, Quiet
from lapel.evidence.tenants.model import KeyRing
from lapel.evidence.tenants.rules import secret as secret_of
from lapel.wire import adoption
from lapel.wire.cose import parse
from lapel.wire.custody import ActorKind, ObjectKind
from lapel.wire.grant import Grant, GrantRole


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of one tenant."""

    database: Database
    clock: Clock
    entropy: Entropy
    tenant: str
    keys: KeyRing
    makers: Callable[[], tuple[Certificate, ...]]

    @property
    def origin(self) -> str:
        """Give the name of the agency's log: whom assertions are for."""
        with self.database.read() as connection:
            return custody.origin(connection, self.tenant)

    def make_code(self, kind: Kind) -> str:
        """Make a one-time code for a machine; it lasts 15 minutes."""
        if kind not in rules.ROLES:
            raise RefusedError("kind", "a code adopts a dock or a sync")
        secret = secret_of(self.tenant, self.entropy(24))
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            values: dict[str, object] = {
                "digest": sha256(secret.encode()),
                "tenant": self.tenant,
                "kind": str(kind),
                "expires": now + rules.CODE_MS,
            }
            table.add_code(connection, values)
            act = Act(
                Actor(ActorKind.SYSTEM, "operator"),
                Action.CODE_MADE,
                Target(ObjectKind.OTHER, str(kind)),
            )
            custody.append(connection, self._stamp(now), act)
        return secret

    def adopt_machine(
        self, code: str, kind: Kind, request: bytes
    ) -> tuple[str, Certificate]:
        """Use a machine code up and give serial and certificate."""
        role = rules.ROLES.get(kind)
        if role is None:
            raise RefusedError("kind", "a code adopts a dock or a sync")
        public = read_request(request)
        now = self.clock.utc_ms()
        serial = f"{kind.upper()}-{self.entropy(4).hex().upper()}"
        certificate = self.keys.ca.issue(
            Subject(serial, str(kind)), public, role, rules.validity(now)
        )
        with self.database.write() as connection:
            used: dict[str, object] = {
                "digest": sha256(code.encode()),
                "kind": str(kind),
                "tenant": self.tenant,
                "now": now,
            }
            if not table.use_code(connection, used):
                raise RefusedError(
                    "code", "this code was used, is too old, or is for another kind"
                )
            self._record(connection, serial, kind, now)
            table.own(
                connection, self._owned(serial, str(kind), now, auth=certificate.der)
            )
            self._log(connection, serial, Action.ADOPTED, now)
        return serial, certificate

    def sign_in(self, assertion: str, software: str = "") -> str:
        """Give a token for a signed assertion; each assertion counts once.

        `software` is what the device says it runs, as `lapel-dock/1.2`.
        Docks and syncs sign in. A camera speaks on its port only, so its key opens
        nothing here, whoever holds it.
        """
        now = self.clock.utc_ms()
        who = tokens.check(assertion, self.origin, self._auth_key, now)
        secret = secret_of(self.tenant, self.entropy(32))
        used = sha256(f"{who.serial}\0{who.number}".encode())
        with self.database.write(Quiet.TOKENS) as connection:
            table.sweep(connection, now)
            if not table.add_assertion(connection, used, now + 2 * 120_000):
                raise SignatureError("this assertion was used before")
            values: dict[str, object] = {
                "digest": sha256(secret.encode()),
                "tenant": self.tenant,
                "serial": who.serial,
                "expires": now + rules.TOKEN_MS,
            }
            table.add_token(connection, values)
            table.seen(connection, self.tenant, who.serial, now)
            said = rules.software(software)
            table.set_software(connection, self.tenant, who.serial, said)
        return secret

    def _auth_key(self, serial: str) -> PublicKey:
        with self.database.read() as connection:
            row = table.one(connection, self.tenant, serial)
        known = row is not None and row["auth_certificate"] is not None
        serves = row is not None and State(row["state"]) is State.OWNED
        if row is None or not (known and serves) or Kind(row["kind"]) is Kind.CAMERA:
            raise SignatureError("no such device signs in here")
        return Certificate.from_der(bytes(row["auth_certificate"])).public

    def caller(self, secret: str) -> Caller | None:
        """Give the device behind a token, if it lives."""
        with self.database.read() as connection:
            row = table.token(connection, sha256(secret.encode()), self.clock.utc_ms())
        if row is None:
            return None
        return Caller(str(row["tenant"]), str(row["serial"]), Kind(row["kind"]))

    def find(self, serial: str) -> Device | None:
        """Give a device on record."""
        with self.database.read() as connection:
            return reading.find(connection, self.tenant, serial)

    def everything(self) -> list[Device]:
        """Every device on record."""
        with self.database.read() as connection:
            return listed(connection, self.tenant)

    def contact(self, camera: str, dock: str) -> None:
        """Note that a camera was in a dock."""
        now = self.clock.utc_ms()
        with self.database.write(Quiet.SEEN) as connection:
            values: dict[str, object] = {
                "tenant": self.tenant,
                "camera": camera,
                "dock": dock,
                "now": now,
            }
            table.contact(connection, values)
            table.seen(connection, self.tenant, camera, now)

    def add_voucher(self, document: bytes) -> str:
        """Keep a manufacturer's voucher; give the serial that it is for."""
        sign1 = parse("voucher", document)
        read = adoption.Voucher.decode(sign1.payload)
        if read.tenant != self.tenant or read.tenant_ca != self.keys.ca.certificate.der:
            raise RefusedError("tenant", "this voucher is for another agency")
        if not any(maker.public.kid == sign1.kid for maker in self.makers()):
            raise RefusedError("maker", "the voucher's manufacturer is not known here")
        for maker in self.makers():
            if maker.public.kid == sign1.kid:
                cose.check("voucher", document, maker.public)
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            self._record(connection, read.serial, Kind.CAMERA, now)
            values: dict[str, object] = {
                "tenant": self.tenant,
                "serial": read.serial,
                "nonce": read.nonce,
                "document": document,
                "now": now,
            }
            table.add_voucher(connection, values)
            self._log(connection, read.serial, Action.VOUCHER_ADDED, now)
        return read.serial

    def voucher(self, serial: str, nonce: bytes) -> bytes:
        """Give the voucher for a camera that shows this nonce."""
        with self.database.write() as connection:
            row = table.voucher(connection, self.tenant, serial)
            if row is None or bytes(row["nonce"]) != nonce:
                raise NotFoundError(
                    f"no voucher for camera {serial}; add the manufacturer's file"
                )
            self._log(connection, serial, Action.VOUCHER_GIVEN, self.clock.utc_ms())
        return bytes(row["document"])

    def adopt_camera(
        self,
        serial: str,
        identity: adoption.Identity,
        settings: Callable[[Connection], bytes],
    ) -> adoption.Adopted:
        """Issue a camera's certificates and grant; repeatable after a cut.

        The camera signs under the number that its voucher names, so keys that it had
        made for an earlier owner, or before it was released, are refused.
        """
        with self.database.read() as connection:
            row = table.voucher(connection, self.tenant, serial)
            known = reading.find(connection, self.tenant, serial)
        if row is None:
            raise NotFoundError(f"no voucher for camera {serial}")
        if known is not None:
            standing.follow(known.standing, Move.ADOPT)
        nonce = bytes(row["nonce"])
        certificate = rules.check_identity(identity, (serial, nonce), self.makers())
        now = self.clock.utc_ms()
        issued = _issue(self.keys.ca, certificate, identity, now)
        with self.database.write() as connection:
            self._record(connection, serial, Kind.CAMERA, now)
            values = self._owned(
                serial, certificate.model, now, auth=issued[Role.CAMERA_AUTH].der
            )
            values |= {
                "sign": issued[Role.CAMERA_SIGN].der,
                "id": certificate.der,
                "link": identity.link,
                "open": identity.open,
            }
            table.own(connection, values)
            self._log(connection, serial, Action.ADOPTED, now)
            given = settings(connection)
        return adoption.Adopted(
            sign_certificate=issued[Role.CAMERA_SIGN].der,
            auth_certificate=issued[Role.CAMERA_AUTH].der,
            grant=self._grant(serial, identity.link, now),
            settings=given,
            ca=self.keys.ca.certificate.der,
            adoption=cose.sign(
                "adoption",
                adoption.Adoption(
                    serial,
                    self.tenant,
                    nonce,
                    self.keys.settings.public.point,
                ).encode(),
                self.keys.ca.key,
            ),
        )

    def release(self, serial: str, nonce: bytes) -> bytes:
        """Sign that a camera is ours no longer, under the number that it shows.

        Only for one that was released here; raises NotFoundError for any other.
        """
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            device = reading.find(connection, self.tenant, serial)
            if device is None or device.standing is not Standing.RELEASED:
                raise NotFoundError(f"camera {serial} was not released")
            if table.set_released(connection, self.tenant, serial, now):
                self._log(connection, serial, Action.RELEASE_GIVEN, now)
                if revoking.revoke(connection, self.tenant, serial, now) is not None:
                    self._log(connection, serial, Action.REVOKED, now)
        told = adoption.Release(serial, self.tenant, nonce, now)
        return cose.sign("release", told.encode(), self.keys.settings)

    def _grant(self, serial: str, link: bytes, now: int) -> bytes:
        grant = Grant(
            link=link,
            role=GrantRole.CAMERA,
            holder=serial,
            user=None,
            not_after_ms=rules.validity(now).end_ms,
            tenant=self.tenant,
        )
        return cose.sign("grant", grant.encode(), self.keys.grant)

    def _record(
        self, connection: Connection, serial: str, kind: Kind, now: int
    ) -> None:
        values: dict[str, object] = {
            "tenant": self.tenant,
            "serial": serial,
            "kind": str(kind),
            "model": str(kind),
            "now": now,
        }
        table.add(connection, values)

    def _owned(
        self, serial: str, model: str, now: int, *, auth: bytes
    ) -> dict[str, object]:
        return {
            "tenant": self.tenant,
            "serial": serial,
            "model": model,
            "now": now,
            "auth": auth,
            "sign": None,
            "id": None,
            "link": None,
            "open": None,
        }

    def _log(
        self, connection: Connection, serial: str, action: Action, now: int
    ) -> None:
        act = Act(SYSTEM, action, Target(ObjectKind.DEVICE, serial))
        custody.append(connection, self._stamp(now), act)

    def _stamp(self, now_ms: int) -> Stamp:
        return Stamp(self.tenant, now_ms, self.entropy)


def listed(connection: Connection, tenant: str) -> list[Device]:
    """Every device on record of a tenant."""
    return [reading.device(row) for row in table.everything(connection, tenant)]


def turned_up(connection: Connection, tenant: str) -> list[tuple[str, str, int]]:
    """List lost cameras that were in a dock since: serial, dock, when."""
    return [
        (str(row["serial"]), str(row["dock"]), int(row["seen_ms"]))
        for row in table.turned_up(connection, tenant)
    ]


def sign_key(connection: Connection, tenant: str, serial: str) -> PublicKey | None:
    """Give the key that a camera signs with since its adoption."""
    row = table.one(connection, tenant, serial)
    if row is None or row["sign_certificate"] is None:
        return None
    return Certificate.from_der(bytes(row["sign_certificate"])).public


def _issue(
    ca: Issuer, certificate: Certificate, identity: adoption.Identity, now: int
) -> dict[Role, Certificate]:
    subject = Subject(certificate.serial, certificate.model)
    asked = {
        Role.CAMERA_SIGN: identity.sign_request,
        Role.CAMERA_AUTH: identity.auth_request,
    }
    return {
        role: ca.issue(subject, read_request(request), role, rules.validity(now))
        for role, request in asked.items()
    }
