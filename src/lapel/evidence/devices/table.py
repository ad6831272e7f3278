"""SQL of devices, machine codes, vouchers and device tokens."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_DEVICE = (
    "SELECT d.serial, d.kind, d.model, d.state, a.person AS holder,"
    " a.name AS holder_name, d.seen_ms, d.adopted_ms, d.released_ms, d.label,"
    " d.version,"
    " d.auth_certificate, d.sign_certificate, d.id_certificate, d.lost_ms"
    " FROM devices d"
    " LEFT JOIN assignments a ON a.tenant = d.tenant AND a.serial = d.serial"
    " AND a.until_ms IS NULL WHERE d.tenant = :tenant"
)
_ONE = text(_DEVICE + " AND d.serial = :serial")
_ALL = text(_DEVICE + " ORDER BY d.kind, d.serial")
_ADD = text(
    "INSERT INTO devices (tenant, serial, kind, model, state, created_ms)"
    " VALUES (:tenant, :serial, :kind, :model, 'known', :now)"
    " ON CONFLICT (tenant, serial) DO NOTHING"
)
_OWN = text(
    "UPDATE devices SET state = 'owned', model = :model, adopted_ms = :now,"
    " auth_certificate = :auth, sign_certificate = :sign, id_certificate = :id,"
    " link_point = :link, open_point = :open, released_ms = NULL,"
    " lost_ms = NULL"
    " WHERE tenant = :tenant AND serial = :serial"
)
_STATE = text(
    "UPDATE devices SET state = :state WHERE tenant = :tenant AND serial = :serial"
)
_RELEASED = text(
    "UPDATE devices SET released_ms = :now WHERE tenant = :tenant"
    " AND serial = :serial AND state = 'released' AND released_ms IS NULL"
)
_SOFTWARE = text(
    "UPDATE devices SET version = :version WHERE tenant = :tenant AND serial = :serial"
)
_LOST = text(
    "UPDATE devices SET lost_ms = :since WHERE tenant = :tenant AND serial = :serial"
)
_REVOKE = text(
    "INSERT INTO revocations (tenant, number, serial, revoked_ms, invalid_ms)"
    " VALUES (:tenant, :number, :serial, :now, :since)"
    " ON CONFLICT (tenant, number) DO NOTHING"
)
_REVOKED = text(
    "SELECT number, revoked_ms, invalid_ms FROM revocations WHERE tenant = :tenant"
    " ORDER BY revoked_ms, number"
)
_TURNED_UP = text(
    "SELECT d.serial, c.dock, c.seen_ms FROM devices d JOIN contacts c"
    " ON c.tenant = d.tenant AND c.camera = d.serial WHERE d.tenant = :tenant"
    " AND d.state = 'lost' AND c.seen_ms > d.lost_ms ORDER BY c.seen_ms DESC"
)
_SEEN = text(
    "UPDATE devices SET seen_ms = :now WHERE tenant = :tenant AND serial = :serial"
)
_FORGET_VOUCHER = text(
    "DELETE FROM vouchers WHERE tenant = :tenant AND serial = :serial"
)
_END_TOKENS = text("DELETE FROM tokens WHERE tenant = :tenant AND serial = :serial")
_ADD_CODE = text(
    "INSERT INTO codes (digest, tenant, kind, expires_ms)"
    " VALUES (:digest, :tenant, :kind, :expires)"
)
_USE_CODE = text(
    "UPDATE codes SET used_ms = :now WHERE digest = :digest AND kind = :kind"
    " AND tenant = :tenant AND used_ms IS NULL AND expires_ms > :now"
)
_ADD_VOUCHER = text(
    "INSERT INTO vouchers (tenant, serial, nonce, document, added_ms)"
    " VALUES (:tenant, :serial, :nonce, :document, :now) ON CONFLICT (tenant, serial)"
    " DO UPDATE SET nonce = :nonce, document = :document, added_ms = :now"
)
_VOUCHER = text(
    "SELECT nonce, document FROM vouchers WHERE tenant = :tenant AND serial = :serial"
)
_ADD_ASSERTION = text(
    "INSERT OR IGNORE INTO assertions (digest, expires_ms) VALUES (:digest, :expires)"
)
_ADD_TOKEN = text(
    "INSERT INTO tokens (digest, tenant, serial, expires_ms)"
    " VALUES (:digest, :tenant, :serial, :expires)"
)
_TOKEN = text(
    "SELECT t.tenant, t.serial, d.kind FROM tokens t JOIN devices d"
    " ON d.tenant = t.tenant AND d.serial = t.serial AND d.state = 'owned'"
    " WHERE t.digest = :digest AND t.expires_ms > :now"
)
_SWEEP = tuple(
    text(f"DELETE FROM {name} WHERE expires_ms <= :now")  # noqa: S608
    for name in ("tokens", "assertions", "codes")
)
_CONTACT = text(
    "INSERT INTO contacts (tenant, camera, dock, seen_ms)"
    " VALUES (:tenant, :camera, :dock, :now) ON CONFLICT (tenant, camera, dock)"
    " DO UPDATE SET seen_ms = :now"
)


def one(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give a device by serial."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_ONE, values).mappings().one_or_none()


def everything(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """Every device."""
    return connection.execute(_ALL, {"tenant": tenant}).mappings().all()


def add(connection: Connection, values: dict[str, object]) -> None:
    """Put a device on record unless it is there."""
    connection.execute(_ADD, values)


def own(connection: Connection, values: dict[str, object]) -> None:
    """Keep the certificates of a device that is ours from now on."""
    connection.execute(_OWN, values)


def seen(connection: Connection, tenant: str, serial: str, now: int) -> None:
    """Note that a device was here."""
    connection.execute(_SEEN, {"tenant": tenant, "serial": serial, "now": now})


def set_software(
    connection: Connection, tenant: str, serial: str, version: str
) -> None:
    """Write the software that a device says it runs."""
    values = {"tenant": tenant, "serial": serial, "version": version}
    connection.execute(_SOFTWARE, values)


def set_state(connection: Connection, tenant: str, serial: str, state: str) -> None:
    """Write down what a device is to the agency from now on."""
    connection.execute(_STATE, {"tenant": tenant, "serial": serial, "state": state})


def set_lost(
    connection: Connection, tenant: str, serial: str, since: int | None
) -> None:
    """Write since when a device is lost; None when it is not, or was cleared."""
    values: dict[str, object] = {"tenant": tenant, "serial": serial, "since": since}
    connection.execute(_LOST, values)


def revoke(connection: Connection, values: dict[str, object]) -> None:
    """Write that a certificate counts no longer."""
    connection.execute(_REVOKE, values)


def revoked(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List the certificates that count no longer."""
    return connection.execute(_REVOKED, {"tenant": tenant}).mappings().all()


def turned_up(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List lost cameras that were in a dock since, with dock and time."""
    return connection.execute(_TURNED_UP, {"tenant": tenant}).mappings().all()


def set_released(connection: Connection, tenant: str, serial: str, now: int) -> bool:
    """Note that a camera took its release; False when that was known."""
    values: dict[str, object] = {"tenant": tenant, "serial": serial, "now": now}
    return connection.execute(_RELEASED, values).rowcount == 1


def forget_voucher(connection: Connection, tenant: str, serial: str) -> None:
    """Forget a voucher: who wants the camera back needs a new one."""
    connection.execute(_FORGET_VOUCHER, {"tenant": tenant, "serial": serial})


def end_tokens(connection: Connection, tenant: str, serial: str) -> None:
    """End what a machine has signed in with."""
    connection.execute(_END_TOKENS, {"tenant": tenant, "serial": serial})


def add_code(connection: Connection, values: dict[str, object]) -> None:
    """Write a machine code."""
    connection.execute(_ADD_CODE, values)


def use_code(connection: Connection, values: dict[str, object]) -> bool:
    """Use a machine code up; False when it cannot be used."""
    return connection.execute(_USE_CODE, values).rowcount == 1


def add_voucher(connection: Connection, values: dict[str, object]) -> None:
    """Keep a manufacturer's voucher."""
    connection.execute(_ADD_VOUCHER, values)


def voucher(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the voucher for a camera."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_VOUCHER, values).mappings().one_or_none()


def add_assertion(connection: Connection, digest: bytes, expires: int) -> bool:
    """Remember an assertion; False when it was used before."""
    values = {"digest": digest, "expires": expires}
    return connection.execute(_ADD_ASSERTION, values).rowcount == 1


def add_token(connection: Connection, values: dict[str, object]) -> None:
    """Keep a token's digest."""
    connection.execute(_ADD_TOKEN, values)


def token(connection: Connection, digest: bytes, now: int) -> RowMapping | None:
    """Whose token this is."""
    values = {"digest": digest, "now": now}
    return connection.execute(_TOKEN, values).mappings().one_or_none()


def sweep(connection: Connection, now: int) -> None:
    """Remove what expired."""
    for statement in _SWEEP:
        connection.execute(statement, {"now": now})


def contact(connection: Connection, values: dict[str, object]) -> None:
    """Note that a camera was in a dock."""
    connection.execute(_CONTACT, values)
