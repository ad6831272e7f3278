"""Client of Evidence's device interface."""

import base64
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import httpx

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import LapelError, MalformedError, RefusedError, UnreachableError
from lapel.base.ids import recording_name
from lapel.crypto.tokens import mint
from lapel.dock.machine import Machine

_OCTETS = {"Content-Type": "application/octet-stream"}
_JSON = {"Content-Type": "application/json"}
_TUS = {"Tus-Resumable": "1.0.0"}
_PATIENCE = httpx.Timeout(60.0, connect=5.0)


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


@dataclass(frozen=True)
class CameraRecord:
    """What Evidence knows of a camera."""

    known: bool
    owned: bool
    settings_version: int
    settings_hash: bytes
    journal_seq: int | None
    journal_hash: bytes


class ServerRefusedError(RefusedError):
    """Evidence understood and said no; `reason` is its code."""

    code = "server-refused"


class Evidence:
    """A signed-in connection; one a bay, never shared between threads."""

    def __init__(self, machine: Machine, host: Host) -> None:
        """Prepare; the first call signs in."""
        self._machine = machine
        self._host = host
        self._client = httpx.Client(
            base_url=machine.url, verify=machine.to_evidence(), timeout=_PATIENCE
        )
        self._token = ""

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def _sign_in(self) -> None:
        number = self._host.entropy(16).hex()
        now = self._host.clock.utc_ms()
        assertion = mint(self._machine.serial, self._machine.key, number, now)
        answer = self._send("POST", "/device/token", json={"assertion": assertion})
        self._token = str(answer.json()["token"])

    def _send(self, method: str, path: str, **content: object) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **content)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise _transport(error) from error
        if answer.is_success:
            return answer
        raise refusal(answer)

    def call(
        self,
        method: str,
        path: str,
        content: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Call with a token; signs in again once when it has run out."""
        if not self._token:
            self._sign_in()
        for attempt in range(2):
            sent = {**(headers or {}), "Authorization": f"Bearer {self._token}"}
            try:
                return self._send(method, path, content=content, headers=sent)
            except ServerRefusedError as error:
                if error.reason != "unauthorized" or attempt:
                    raise
                if isinstance(content, Iterator):
                    raise UnreachableError("signed out in the middle") from error
                self._sign_in()
        raise UnreachableError("Evidence does not let this dock sign in")

    def _camera(self, serial: str, what: str = "") -> str:
        return f"/device/cameras/{serial}{what}"

    def camera(self, serial: str) -> CameraRecord:
        """Ask what Evidence knows of a camera."""
        read = self.call("GET", self._camera(serial)).json()
        seq = read.get("journal_seq")
        return CameraRecord(
            bool(read["known"]),
            bool(read["owned"]),
            int(read.get("settings_version") or 0),
            bytes.fromhex(read.get("settings_hash") or ""),
            None if seq is None else int(seq),
            bytes.fromhex(read.get("journal_hash") or ""),
        )

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
        return self.call("POST", f"{path}/commit", b"", _OCTETS).content

    def extends(self, note: str) -> dict[str, object]:
        """Hand in a checkpoint seen before; gives the newest and the proof between."""
        answer = self.call("POST", "/device/checkpoints", note.encode())
        read: dict[str, object] = answer.json()
        return read


def refusal(answer: httpx.Response) -> LapelError:
    """Turn an answer that is no success into an error that says what to do."""
    try:
        read = answer.json()
        code, detail = str(read["code"]), str(read.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        code, detail = f"http-{answer.status_code}", answer.reason_phrase
    if answer.status_code == 401:
        code = "unauthorized"
    if answer.status_code >= 500:
        return UnreachableError(f"Evidence has a fault ({code}): {detail}")
    return ServerRefusedError(code, f"Evidence refused ({code}): {detail}")


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
