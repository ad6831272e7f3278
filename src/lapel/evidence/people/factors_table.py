"""SQL of second factors."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

_BEGIN = text(
    "INSERT INTO totp (person, secret, step) VALUES (:person, :secret, 0)"
    " ON CONFLICT (person) DO UPDATE SET secret = :secret, step = 0"
    " WHERE confirmed_ms IS NULL"
)
_SECRET = text(
    "SELECT secret, step, confirmed_ms IS NOT NULL FROM totp WHERE person = :person"
)
_CONFIRM = text("UPDATE totp SET confirmed_ms = :now WHERE person = :person")
_STEP = text("UPDATE totp SET step = :step WHERE person = :person")
_REMOVE = text("DELETE FROM totp WHERE person = :person")
_ADD_CODE = text("INSERT INTO recovery_codes (digest, person) VALUES (:code, :person)")
_USE_CODE = text("DELETE FROM recovery_codes WHERE digest = :code AND person = :person")
_HAVING = text(
    "SELECT person, 'app' FROM totp WHERE confirmed_ms IS NOT NULL"
    " UNION SELECT person, 'passkey' FROM passkeys"
)
_CODES = text("SELECT count(*) FROM recovery_codes WHERE person = :person")
_REMOVE_CODES = text("DELETE FROM recovery_codes WHERE person = :person")


def begin(connection: Connection, person: str, secret: bytes) -> None:
    """Keep a secret that counts once it is confirmed; a confirmed one stays."""
    connection.execute(_BEGIN, {"person": person, "secret": secret})


def secret(connection: Connection, person: str) -> tuple[bytes, int, bool] | None:
    """Give the secret, the last step used, and whether it is confirmed."""
    row = connection.execute(_SECRET, {"person": person}).one_or_none()
    return None if row is None else (bytes(row[0]), int(row[1]), bool(row[2]))


def having(connection: Connection) -> list[tuple[str, str]]:
    """List accounts that have an app or a passkey, and which; some have both."""
    return [(str(row[0]), str(row[1])) for row in connection.execute(_HAVING)]


def confirm(connection: Connection, person: str, now: int) -> None:
    """Let the secret count from now on."""
    connection.execute(_CONFIRM, {"person": person, "now": now})


def set_step(connection: Connection, person: str, step: int) -> None:
    """Note the last step whose code was used."""
    connection.execute(_STEP, {"person": person, "step": step})


def remove(connection: Connection, person: str) -> None:
    """Forget the secret and every recovery code."""
    connection.execute(_REMOVE, {"person": person})
    connection.execute(_REMOVE_CODES, {"person": person})


def set_codes(connection: Connection, person: str, codes: Iterable[bytes]) -> None:
    """Keep new recovery codes; those before count no more."""
    connection.execute(_REMOVE_CODES, {"person": person})
    for code in codes:
        connection.execute(_ADD_CODE, {"person": person, "code": code})


def use_code(connection: Connection, person: str, code: bytes) -> bool:
    """Use a recovery code up; False when there is none such."""
    values = {"person": person, "code": code}
    return connection.execute(_USE_CODE, values).rowcount == 1


def codes(connection: Connection, person: str) -> int:
    """Count the recovery codes that are left."""
    return int(connection.execute(_CODES, {"person": person}).scalar_one())
