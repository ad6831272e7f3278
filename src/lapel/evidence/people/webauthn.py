"""What a browser is asked for a passkey, and what its answer proves; no I/O.

A passkey counts as two factors: whoever has it in hand, and is verified by it.
"""

import ipaddress
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
from fido2.cose import ES256, RS256, EdDSA
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lapel.base.errors import RefusedError

ANSWER_MOST: Final = 64 * 1024
HANDLE_MOST: Final = 64
ID_MOST: Final = 1023
_ALGORITHMS: Final = (ES256, EdDSA, RS256)
Asked = dict[str, object]
"""What a browser is asked, as its own JSON has it."""

_BAD: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    struct.error,
)
"""What the library raises for bytes that no browser would send."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the pages are, as the browser that asks sees them: an origin of ours."""

    text: str

    @property
    def host(self) -> str:
        """Name that passkeys are bound to; empty where they cannot be."""
        name = self.text.partition("://")[2].partition(":")[0]
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name
        return ""


@dataclass(frozen=True, slots=True)
class Handle:
    """Whose a passkey is, as the passkey itself keeps it."""

    tenant: str
    person: str

    def encode(self) -> bytes:
        """Write it as a browser takes it, 64 bytes at most."""
        return f"{self.tenant}.{self.person}".encode()


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that was just made: its id, its public key, its counter."""

    credential: bytes
    data: bytes
    counter: int


class Answer:
    """An answer of a browser that was asked to sign; nothing in it is proved yet."""

    def __init__(self, text: str) -> None:
        """Read what the page sent; raises RefusedError `passkey`."""
        try:
            self._inner = AuthenticationResponse.from_dict(_read(text))
            said = self._inner.response
            self.credential = bytes(self._inner.raw_id)
            self.challenge = bytes(said.client_data.challenge)
            self.counter = int(said.authenticator_data.counter)
            tenant, _, person = bytes(said.user_handle or b"").decode().partition(".")
            self.handle = Handle(tenant, person)
            self._crossed = bool(said.client_data.cross_origin)
        except _BAD as error:
            raise _refused() from error

    def check(self, origin: Origin, data: bytes) -> None:
        """Check what the browser signed against a passkey; raises RefusedError.

        1. It is an answer to a question to sign, asked on a page of ours that stood in
           no page of another site.
        2. It was signed for our name, with this passkey.
        3. Somebody was there, and the authenticator verified them.

        That the challenge is ours and was not used is for the caller to know.
        """
        state = _state(self.challenge)
        try:
            known = AttestedCredentialData(data)
            server = _server(origin)
            server.authenticate_complete(state, [known], self._inner)  # pyright: ignore[reportUnknownMemberType]
        except _BAD as error:
            raise _refused() from error
        if self._crossed:
            raise _refused()


class Making:
    """An answer of a browser that was asked to make a passkey."""

    def __init__(self, text: str) -> None:
        """Read what the page sent; raises RefusedError `passkey`."""
        try:
            self._inner = RegistrationResponse.from_dict(_read(text))
            said = self._inner.response.client_data
            self.challenge = bytes(said.challenge)
            self._crossed = bool(said.cross_origin)
        except _BAD as error:
            raise _refused() from error

    def check(self, origin: Origin) -> Made:
        """Give the passkey that was made on a page of ours; raises RefusedError."""
        state = _state(self.challenge)
        try:
            server = _server(origin)
            told = server.register_complete(state, self._inner)  # pyright: ignore[reportUnknownMemberType]
            data = told.credential_data
        except _BAD as error:
            raise _refused() from error
        if data is None or self._crossed or len(data.credential_id) > ID_MOST:
            raise _refused()
        if data.credential_id != self._inner.raw_id or not _is_asked_for(data):
            raise _refused()
        return Made(bytes(data.credential_id), bytes(data), int(told.counter))


def to_make(
    origin: Origin, challenge: bytes, user: tuple[Handle, str, str], known: list[bytes]
) -> Asked:
    """Ask for a new passkey of a user (handle, account, name) who has these already."""
    handle, account, shown = user
    entity = PublicKeyCredentialUserEntity(
        id=handle.encode(), name=account, display_name=shown
    )
    server = _server(origin)
    options, _ = server.register_begin(  # pyright: ignore[reportUnknownMemberType]
        entity,
        [_named(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return cast("Asked", _plain(options.public_key))


def to_sign(origin: Origin, challenge: bytes, known: list[bytes]) -> Asked:
    """Ask for a signature by one of these passkeys; by any that fits when none."""
    server = _server(origin)
    options, _ = server.authenticate_begin(  # pyright: ignore[reportUnknownMemberType]
        [_named(one) for one in known] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return cast("Asked", _plain(options.public_key))


def _server(origin: Origin) -> Fido2Server:
    if not origin.host:
        raise RefusedError("passkey-host", "passkeys need a name, not a number")
    rp = PublicKeyCredentialRpEntity(id=origin.host, name="Lapel")
    made = Fido2Server(rp, verify_origin=lambda told: told == origin.text)
    made.allowed_algorithms = [
        PublicKeyCredentialParameters(
            type=PublicKeyCredentialType.PUBLIC_KEY, alg=one.ALGORITHM
        )
        for one in _ALGORITHMS
    ]
    return made


def _is_asked_for(data: AttestedCredentialData) -> bool:
    return cast("int", data.public_key[3]) in {one.ALGORITHM for one in _ALGORITHMS}


def _named(credential: bytes) -> PublicKeyCredentialDescriptor:
    kind = PublicKeyCredentialType.PUBLIC_KEY
    return PublicKeyCredentialDescriptor(type=kind, id=credential)


def _state(challenge: bytes) -> dict[str, Any]:
    required = UserVerificationRequirement.REQUIRED
    return {"challenge": websafe_encode(challenge), "user_verification": required}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        return {key: _plain(one) for key, one in pairs if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("Sequence[object]", value)]
    return value


def _read(text: str) -> dict[str, Any]:
    if len(text) > ANSWER_MOST:
        raise ValueError("too long")
    return msgspec.json.decode(text, type=dict[str, Any])


def _refused() -> RefusedError:
    return RefusedError("passkey", "this passkey does not fit")
