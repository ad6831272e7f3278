"""What an app on a computer keeps: its key, its grant, and its pairings.

One folder, 0700, files 0600. `view.key` is the private `link` key; `view.json` says who
the app is and what Evidence gave; `cameras/` holds a file of pairings for each camera,
named by the fingerprint of its key.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

from lapel.base.clock import Entropy
from lapel.base.errors import MalformedError, NotFoundError, SetupError
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.crypto.noise import P256Pair
from lapel.ports.private import write_private
from lapel.protocol.pairing import CAMERAS, Identity, Trust
from lapel.wire.pairing import Pairings, Record

KEY: Final = "view.key"
ABOUT: Final = "view.json"
FOLDER: Final = "cameras"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Granted:
    """What Evidence gave this app: its grant, by whom, and the cameras of its user."""

    grant: bytes
    grant_key: PublicKey
    tenant: str
    cameras: tuple[str, ...]
    not_after_ms: int

    def trust(self) -> Trust:
        """Give by what cameras are judged."""
        return Trust(CAMERAS, self.grant_key, self.tenant, frozenset(self.cameras))


def fingerprint(point: bytes) -> str:
    """Name a camera by its key: 16 hex digits of its SHA-256."""
    return sha256(point).hex()[:16]


@dataclass(frozen=True)
class Shelf:
    """The folder of one app."""

    folder: Path
    instance: str
    key: PrivateKey
    granted: Granted | None = None

    @classmethod
    def open(cls, folder: Path, entropy: Entropy) -> "Shelf":
        """Read the folder, or make it with a fresh key; raises `SetupError`."""
        try:
            if (folder / ABOUT).exists():
                return cls._read(folder)
            (folder / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            pair = P256Pair.fresh(entropy)
            made = cls(folder, str(uuid.UUID(bytes=entropy(16))), pair.private)
            write_private(folder / KEY, made.key.to_pem())
            made.save()
        except (OSError, ValueError, KeyError, TypeError, MalformedError) as error:
            raise SetupError(
                f"{folder}: this app's folder cannot be used ({error}). Choose another "
                f"with --dir, or move it away; then pair anew"
            ) from error
        return made

    @classmethod
    def _read(cls, folder: Path) -> "Shelf":
        about = json.loads((folder / ABOUT).read_text())
        if about["format"] != FORMAT:
            raise MalformedError(f"format {about['format']}; this program reads 1")
        key = PrivateKey.from_pem((folder / KEY).read_bytes())
        given = about.get("granted")
        granted = None if given is None else read_granted(given)
        return cls(folder, str(uuid.UUID(about["instance"])), key, granted)

    def save(self) -> None:
        """Write who the app is and what it was given."""
        about: dict[str, object] = {"format": FORMAT, "instance": self.instance}
        if self.granted is not None:
            about["granted"] = write_granted(self.granted)
        write_private(self.folder / ABOUT, json.dumps(about, indent=2).encode())

    def with_grant(self, granted: Granted) -> "Shelf":
        """Keep what Evidence gave."""
        kept = replace(self, granted=granted)
        kept.save()
        return kept

    def identity(self, entropy: Entropy) -> Identity:
        """Give what this app brings to a link."""
        grant = self.granted.grant if self.granted else b""
        trust = self.granted.trust() if self.granted else Trust(CAMERAS)
        return Identity(P256Pair.of(self.key), grant, trust, entropy)

    def pairings(self) -> dict[str, Pairings]:
        """Give all pairings by camera; raises `MalformedError` naming a spoilt file."""
        found: dict[str, Pairings] = {}
        for path in sorted((self.folder / FOLDER).glob("*.pairings")):
            try:
                found[path.stem] = Pairings.decode(path.read_bytes())
            except MalformedError as error:
                raise MalformedError(
                    f"{path}: {error}. Remove it, and pair with that camera anew"
                ) from error
        return found

    def held(self, camera: str) -> Pairings | None:
        """Give what is kept of one camera."""
        return self.pairings().get(camera)

    def keep(self, record: Record) -> None:
        """Store a new pairing beside those before, durably."""
        camera = fingerprint(record.peer)
        self._put(camera, Pairings.added(self.held(camera), record))

    def proved(self, record: Record, before: Pairings) -> None:
        """Keep the record that opened a session; `before` was held when it began."""
        camera = fingerprint(record.peer)
        if held := self.held(camera):
            self._put(camera, held.proved(record, before))

    def forget(self, camera: str) -> None:
        """Forget a camera."""
        (self.folder / FOLDER / f"{camera}.pairings").unlink(missing_ok=True)

    def _put(self, camera: str, pairings: Pairings) -> None:
        write_private(self.folder / FOLDER / f"{camera}.pairings", pairings.encode())

    def find(self, named: str | None) -> tuple[str, Pairings]:
        """Find a paired camera by serial or the start of its fingerprint.

        With None there must be exactly one. Raises `NotFoundError`.
        """
        paired = self.pairings()
        wanted = [
            (camera, one)
            for camera, one in paired.items()
            if named is None or is_named(named, camera, one)
        ]
        if len(wanted) == 1:
            return wanted[0]
        if not paired:
            raise NotFoundError("no camera is paired; run: lapel view pair")
        known = ", ".join(map(name_of, paired.values()))
        if named is None:
            raise NotFoundError(f"name one with --camera: {known}")
        raise NotFoundError(f"{named}: not one of the paired cameras: {known}")


def name_of(pairings: Pairings) -> str:
    """Name a camera for people: its serial, or the fingerprint of its key."""
    newest = pairings.records[0]
    return newest.holder or fingerprint(newest.peer)


def is_named(named: str, camera: str, pairings: Pairings) -> bool:
    """Whether a serial or the start of a fingerprint names this camera."""
    serial = any(record.holder == named.upper() for record in pairings.records)
    return serial or (len(named) >= 4 and camera.startswith(named.lower()))


def read_granted(given: Mapping[str, object]) -> Granted:
    """Read Evidence's answer; raises `MalformedError`."""
    try:
        cameras = cast("list[dict[str, object]]", given["cameras"])
        return Granted(
            decode(str(given["grant"])),
            PublicKey.from_point(decode(str(given["grant_key"]))),
            str(given["tenant"]),
            tuple(str(one["serial"]) for one in cameras),
            int(str(given["not_after"])),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise MalformedError(f"a grant that cannot be read: {error}") from error


def write_granted(granted: Granted) -> dict[str, object]:
    """Write it as it was given."""
    return {
        "grant": encode(granted.grant),
        "grant_key": encode(granted.grant_key.point),
        "tenant": granted.tenant,
        "cameras": [{"serial": serial} for serial in granted.cameras],
        "not_after": granted.not_after_ms,
    }


def encode(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Read base64url; raises `MalformedError`."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise MalformedError("not base64url") from error
