"""What a camera runs on, and how far its recording has come."""

from collections.abc import Callable
from dataclasses import dataclass

from lapel.base.clock import Clock, Entropy
from lapel.ports.capture import Source
from lapel.ports.files import Files
from lapel.ports.keystore import KeyStore


@dataclass(frozen=True)
class Board:
    """What the camera runs on."""

    files: Files
    keys: KeyStore
    clock: Clock
    entropy: Entropy
    open_source: Callable[[str], Source]
    firmware: str
    firmware_hash: bytes


@dataclass(slots=True)
class Progress:
    """The recording under way, as far as it is durable."""

    recording: bytes
    began_ms: int
    links: int = 0
    size: int = 0
    media_ms: int = 0
