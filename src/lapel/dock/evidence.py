"""Client of Evidence's device interface."""

import base64
import json
import ssl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx

from lapel.base import about
from lapel.base.clock import Clock, Entropy
from lapel.base.errors import LapelError, MalformedError, UnreachableError
from lapel.base.ids import recording_name
from lapel.crypto.tokens import mint
from lapel.dock.machine import Machine
from lapel.ports.joining import ServerRefusedError, refusal

_OCTETS = {"Content-Type": "application/octet-stream"}
_JSON = {"Content-Type": "application/json"}
_TUS = {"Tus-Resumable": "1.0.0"}
_ADVICE = {
    "unauthorized": ". This dock is not, or no longer, known there: get a fresh code "
    "in Evidence and adopt it anew.",
    "journal-fork": ". The camera or its journal was copied: take it out of service "
    "and tell the administrator.",
}
"""What to do about some refusals, by their code."""

_KEPT_MS = 800
"""Milliseconds of each second of a token's life after which a new one is fetched."""

_PATIENCE = httpx.Timeout(60.0, connect=5.0)
_COMMIT = httpx.Timeout(600.0, connect=5.0)
"""A long recording is opened and walked through before its receipt is signed."""


class Host(Protocol):
    """Clock and entropy of the machine that a client runs on."""

    @property
    def clock(self) -> Clock:
        """Time."""
        ...

    @property
    def entropy(self) -> Entropy:
        """Random bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Extended:
    """The newest checkpoint, and the proof that it extends an older one."""

    checkpoint: str
    proof: tuple[str, ...]


class Evidence:
    """A signed-in connection; one a bay, never shared between threads."""

    def __init__(self, machine: Machine, host: Host) -> None:
        """Prepare; the first call signs in."""
        self._machine = machine
        self._host = host
        self._client = httpx.Client(
            base_url=machine.url,
            verify=machine.to_evidence(),
            timeout=_PATIENCE,
            headers={"User-Agent": f"lapel-dock/{about.version()}"},
        )
        self._token = ""
        self._until_ms = 0

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def _sign_in(self) -> None:
        number = self._host.entropy(16).hex()
        now = self._host.clock.utc_ms()
        machine = self._machine
        origin = machine.log.name
        assertion = mint(machine.serial, origin, machine.key, number, now)
        answer = self._send("POST", "/device/token", json={"assertion": assertion})
        with _reading():
            read = answer.json()
            self._token = str(read["token"])
            life_ms = int(read["expires_in"]) * _KEPT_MS
        self._until_ms = self._host.clock.mono_ms() + life_ms

    def _send(self, method: str, path: str, **content: object) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **content)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise _transport(error) from error
        if answer.is_success:
            return answer
        raise refusal(answer, _ADVICE)

    def call(
        self,
        method: str,
        path: str,
        content: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        patience: httpx.Timeout = _PATIENCE,
    ) -> httpx.Response:
        """Call with a token; signs in again before it runs out, and when refused."""
        if self._host.clock.mono_ms() >= self._until_ms:
            self._sign_in()
        for attempt in range(2):
            sent = {**(headers or {}), "Authorization": f"Bearer {self._token}"}
            try:
                return self._send(
                    method, path, content=content, headers=sent, timeout=patience
                )
            except ServerRefusedError as error:
                if error.reason != "unauthorized" or attempt:
                    raise
                if isinstance(content, Iterator):
                    raise UnreachableError("signed out in the middle") from error
                self._sign_in()
        raise UnreachableError("Evidence does not let this dock sign in")

    def _camera(self, serial: str, what: str = "") -> str:
        return f"/device/cameras/{serial}{what}"

    def next_entry(self, serial: str) -> int:
        """Ask for the number of the first journal entry that Evidence lacks."""
        answer = self.call("GET", self._camera(serial))
        with _reading():
            seq = answer.json()["journal_seq"]
            return 0 if seq is None else int(seq) + 1

    def is_released(self, serial: str) -> bool:
        """Ask whether the agency released a camera."""
        answer = self.call("GET", self._camera(serial))
        with _reading():
            return answer.json().get("released") is True

    def release(self, serial: str, nonce: bytes) -> bytes:
        """Fetch the release of a camera that was released."""
        path = self._camera(serial, "/release")
        content = json.dumps({"nonce": nonce.hex()}).encode()
        return self.call("POST", path, content, _JSON).content

    def voucher(self, serial: str, nonce: bytes) -> bytes:
        """Fetch the manufacturer's voucher for a new camera."""
        path = self._camera(serial, "/voucher")
        content = json.dumps({"nonce": nonce.hex()}).encode()
        return self.call("POST", path, content, _JSON).content

    def identity(self, serial: str, identity: bytes) -> bytes:
        """Hand in a new camera's keys; gives its certificates and first settings."""
        path = self._camera(serial, "/identity")
        return self.call("POST", path, identity, _OCTETS).content

    def time(self, serial: str, nonce: bytes) -> bytes:
        """Forward a nonce; gives the signed time."""
        return self.call("POST", self._camera(serial, "/time"), nonce, _OCTETS).content

    def journal(self, serial: str, entries: bytes) -> bytes:
        """Hand in journal entries; gives their receipt."""
        path = self._camera(serial, "/journal")
        return self.call("POST", path, entries, _OCTETS).content

    def envelope(self, serial: str, recording: bytes, envelope: bytes) -> None:
        """Hand in an envelope."""
        path = self._camera(serial, f"/envelopes/{recording_name(recording)}")
        self.call("PUT", path, envelope, _OCTETS)

    def settings(self, serial: str) -> bytes:
        """Fetch the camera's settings document."""
        return self.call("GET", self._camera(serial, "/settings")).content

    def begin(self, serial: str, recording: bytes, length: int) -> tuple[str, int]:
        """Begin or find the upload of a recording: its path, and what has arrived."""
        name = base64.b64encode(recording_name(recording).encode()).decode()
        camera = base64.b64encode(serial.encode()).decode()
        headers = {
            "Upload-Length": str(length),
            "Upload-Metadata": f"recording {name},serial {camera}",
        }
        answer = self.call("POST", "/device/uploads", b"", {**_TUS, **headers})
        place = answer.headers.get("Location", "")
        if not place:
            raise MalformedError("Evidence gave no place for the upload")
        path = httpx.URL(place).path
        return path, self.offset(path)

    def offset(self, path: str) -> int:
        """Ask how much of an upload has arrived."""
        answer = self.call("HEAD", path, headers=_TUS)
        with _reading():
            return int(answer.headers["Upload-Offset"])

    def send(self, path: str, offset: int, length: int, data: Iterator[bytes]) -> None:
        """Send `length` bytes from `offset` on."""
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(length),
        }
        self.call("PATCH", path, data, headers)

    def commit(self, path: str) -> bytes:
        """Have the upload checked and kept; gives the receipt."""
        where = f"{path}/commit"
        return self.call("POST", where, b"", _OCTETS, _COMMIT).content

    def extends(self, note: str) -> Extended:
        """Hand in a checkpoint seen before; gives the newest and the proof between."""
        answer = self.call("POST", "/device/checkpoints", note.encode())
        with _reading():
            read = answer.json()
            return Extended(str(read["checkpoint"]), tuple(map(str, read["proof"])))


@contextmanager
def _reading() -> Generator[None]:
    """Turn an answer of another shape into `MalformedError`."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedError(
            "Evidence gave an answer that is not its own; is there a proxy in between?"
        ) from error


def _transport(error: httpx.TransportError) -> LapelError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ServerRefusedError(
                "certificate",
                "this is not the agency's Evidence: its certificate is by another "
                "authority or has expired. Check the address, or adopt the dock anew.",
            )
        cause = cause.__cause__ or cause.__context__
    return UnreachableError("Evidence does not answer; trying again by itself")
