"""Asking a provider of sign-ins: what it says of itself, its keys, a code's token."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import httpx
import msgspec

from lapel.base.clock import Clock
from lapel.base.errors import RefusedError, UnreachableError
from lapel.evidence.people.oidc import Provider, read_provider

KEPT_MS: Final = 600_000
MOST: Final = 256 * 1024
_PATIENCE: Final = httpx.Timeout(10.0)
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Client:
    """What a provider knows us as."""

    id: str
    secret: str = field(repr=False)


class Asker:
    """Asks providers, and remembers their answers for ten minutes.

    It follows no redirect and reads no more than 256 KiB.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing remembered."""
        self._clock = clock
        self._kept: dict[str, tuple[int, object]] = {}
        self._lock = threading.Lock()

    def provider(self, issuer: str) -> Provider:
        """Give what a provider says of itself.

        Raises UnreachableError, RefusedError `provider`.
        """

        def ask() -> Provider:
            address = issuer.rstrip("/") + _WELL_KNOWN
            return read_provider(issuer, self._read("GET", address))

        return self._remembered(issuer, ask)

    def keys(self, provider: Provider, key: str | None) -> list[Mapping[str, object]]:
        """Give a provider's keys, asked anew when it signs with one not known yet."""

        def ask() -> list[Mapping[str, object]]:
            found = self._read("GET", provider.keys).get("keys")
            try:
                return msgspec.convert(found, list[Mapping[str, object]])
            except msgspec.ValidationError as error:
                raise RefusedError("provider", "the provider gave no keys") from error

        known = self._remembered(provider.keys, ask)
        if key is None or any(one.get("kid") == key for one in known):
            return known
        with self._lock:
            self._kept.pop(provider.keys, None)
        return self._remembered(provider.keys, ask)

    def redeem(
        self, provider: Provider, client: Client, code: str, more: Mapping[str, str]
    ) -> str:
        """Give the token for a code; `more` has the redirect and the secret of PKCE."""
        fields = {"grant_type": "authorization_code", "code": code, **more}
        said = self._read(
            "POST", provider.token, auth=(client.id, client.secret), data=fields
        )
        token = said.get("id_token")
        if not isinstance(token, str):
            raise RefusedError("provider", "the provider gave no token")
        return token

    def _remembered(self, name: str, ask: Callable[[], T]) -> T:
        now = self._clock.mono_ms()
        with self._lock:
            kept = self._kept.get(name)
        if kept is not None and now - kept[0] < KEPT_MS:
            return kept[1]  # type: ignore[return-value]
        found = ask()
        with self._lock:
            self._kept[name] = (now, found)
        return found

    def _read(
        self,
        method: str,
        address: str,
        auth: tuple[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Mapping[str, object]:
        try:
            with (
                httpx.Client(timeout=_PATIENCE, follow_redirects=False) as web,
                web.stream(method, address, auth=auth, data=data) as answer,
            ):
                raw = bytearray()
                for piece in answer.iter_bytes():
                    raw += piece
                    if len(raw) > MOST:
                        raise RefusedError("provider", "the provider said too much")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(f"the provider does not answer: {error}") from error
        if not answer.is_success:
            raise RefusedError("provider", f"the provider said {answer.status_code}")
        try:
            return msgspec.json.decode(bytes(raw), type=dict[str, object])
        except msgspec.DecodeError as error:
            raise RefusedError(
                "provider", "the provider's answer is no JSON"
            ) from error
