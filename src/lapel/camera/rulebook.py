"""Settings that a camera follows: taken over signed, or not at all (formats 10)."""

from dataclasses import dataclass
from typing import Final

from lapel.base import faults
from lapel.base.clock import ClockQuality
from lapel.base.errors import LapelError, RefusedError
from lapel.camera.models import Model
from lapel.camera.recorder import Rules
from lapel.camera.timekeeping import Moment
from lapel.crypto.cose import check
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.crypto.note import LogVerifier
from lapel.ports.files import Files
from lapel.proof.receipt import DeletionPolicy
from lapel.protocol.control import Rules as LinkRules
from lapel.protocol.pairing import APPS, Demands, Policy, Trust
from lapel.wire.cose import parse
from lapel.wire.settings import Permitted, Settings

FILE: Final = "settings"


@dataclass(frozen=True)
class Signed:
    """Settings with the hash of the document that brought them."""

    settings: Settings
    hash: bytes


class Rulebook:
    """The settings in force; none before adoption."""

    def __init__(self, files: Files, model: Model) -> None:
        """Read what was taken over before."""
        self._files = files
        self._model = model
        self.current = self._load()

    def _load(self) -> Signed | None:
        if self._files.size(FILE) is None:
            return None
        raw = self._files.read(FILE)
        return Signed(Settings.decode(parse("settings", raw).payload), sha256(raw))

    @property
    def version(self) -> int:
        """Version in force; 0 when there is none."""
        return self.current.settings.version if self.current else 0

    @property
    def hash(self) -> bytes:
        """Hash of the document in force; zeros when there is none."""
        return self.current.hash if self.current else bytes(32)

    def rules(self) -> Rules:
        """Give what the recorder follows, within the model's range."""
        if self.current is None:
            return Rules(self._model.pre_event_s(Rules().pre_event_s))
        told = self.current.settings
        return Rules(
            self._model.pre_event_s(told.pre_event.seconds),
            told.pre_event.sound,
            told.rollover_s,
        )

    def evidence_keys(self) -> tuple[PublicKey, ...]:
        """Give the keys to seal to; none where recordings lie in the clear."""
        if self.current is None or not self.current.settings.sealing:
            return ()
        points = self.current.settings.evidence_keys
        return tuple(PublicKey.from_point(point) for point in points)

    def permitted(self) -> frozenset[Permitted]:
        """Give what the wearer may change; nothing before adoption."""
        if self.current is None:
            return frozenset()
        return frozenset(self.current.settings.permitted)

    def policy(self) -> Policy:
        """Give what the agency allows on the link; nothing before adoption."""
        if self.current is None:
            return Policy(bluetooth=False, view_pairing=False)
        told = self.current.settings.bluetooth
        demands = Demands(
            grant=bool(told.grant),
            compared=bool(told.compared),
            button=told.button is not False,
        )
        return Policy(told.enabled, told.view_pairing, demands)

    def link_rules(self) -> LinkRules:
        """Give what an app may ask: settings that may change, and categories."""
        if self.current is None:
            return LinkRules()
        return LinkRules.of(self.current.settings)

    def trust(self) -> Trust:
        """Say by what an app's grant is judged."""
        if self.current is None:
            return Trust(APPS)
        told = self.current.settings
        return Trust(APPS, PublicKey.from_point(told.grant_key), told.tenant)

    def deletion(self) -> DeletionPolicy:
        """Whose receipts count."""
        if self.current is None:
            return DeletionPolicy((), ())
        told = self.current.settings
        keys = tuple(PublicKey.from_point(point) for point in told.receipt_keys)
        log = LogVerifier.from_vkey(told.log.vkey)
        return DeletionPolicy(keys, (log,), told.delete_unopened)

    def check(
        self, raw: bytes, key: PublicKey, target: tuple[str, str], now: Moment
    ) -> Signed:
        """Read a document that may be taken over; raises `RefusedError`.

        1. The settings key signed it. 2. Keys and log in it can be used. 3. Serial and
        tenant (`target`) are this camera's. 4. Its time has come, by a clock that is
        set. 5. Its version is higher, or it is the same document again.
        """
        try:
            told = Settings.decode(check("settings", raw, key))
            for point in (*told.evidence_keys, *told.receipt_keys, told.grant_key):
                PublicKey.from_point(point)
            log = LogVerifier.from_vkey(told.log.vkey)
        except LapelError as error:
            raise RefusedError("settings", str(error)) from error
        signed = Signed(told, sha256(raw))
        if (told.target, told.tenant) != target:
            raise RefusedError("target", "settings for another camera")
        if log.name != told.log.origin:
            raise RefusedError("log", "a log whose key has another name")
        if now.quality is not ClockQuality.UNSET and now.utc_ms < told.not_before_ms:
            raise RefusedError("not-before", "settings whose time has not come")
        if signed.hash != self.hash and told.version <= self.version:
            raise RefusedError("version", f"version {self.version} is in force")
        return signed

    def follow(self, raw: bytes, signed: Signed) -> None:
        """Put checked settings in force, durably."""
        self._files.replace(FILE, raw)
        faults.point("camera.settings.written")
        self.current = signed

    def forget(self) -> None:
        """Have no settings."""
        self._files.remove(FILE)
        self.current = None
