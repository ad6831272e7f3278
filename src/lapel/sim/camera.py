"""A camera's desk in memory, for tests of what writes and recovers recordings."""

from dataclasses import dataclass

from lapel.base.clock import Clock, Entropy
from lapel.camera.factory import Factory, open_factory
from lapel.camera.identity import Papers
from lapel.camera.journal import Journal
from lapel.camera.keyfile import KeyFile
from lapel.camera.media.mp4 import init_segment
from lapel.camera.recorder import Begun
from lapel.camera.recording import About, Desk, Opening
from lapel.camera.store import Store
from lapel.camera.timekeeping import Moment, Timekeeper
from lapel.crypto.certs import Certificate
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.ports.capture import Shape
from lapel.ports.files import Files
from lapel.sim.storage import MemoryFiles

SERIAL = "X1234567"
MODEL = "body2"


def made(clock: Clock, entropy: Entropy, files: Files) -> Factory:
    """Make a camera in `files` by a maker of its own."""
    factory = open_factory(MemoryFiles(), clock.utc_ms())
    factory.make(files, KeyFile(files, entropy), MODEL, SERIAL)
    return factory


@dataclass(frozen=True)
class Bench:
    """A camera that has booted, as far as storage goes."""

    desk: Desk
    time: Timekeeper
    papers: Papers
    entropy: Entropy

    @property
    def maker(self) -> Certificate:
        """CA that issued the certificate of `sign0`."""
        return Certificate.from_der(self.papers.identity.maker)

    def opening(self, shape: Shape, begun: Begun) -> Opening:
        """Fill in what GENESIS says."""
        now = self.time.now()
        began = Moment(
            now.boot,
            begun.began_mono_ms,
            now.utc_ms - now.mono_ms + begun.began_mono_ms,
            now.quality,
        )
        about = About(
            self.papers.identity.serial, MODEL, "0.1.0", bytes(32), 0, bytes(32)
        )
        return Opening(
            self.entropy(16),
            about,
            init_segment(shape),
            began,
            begun.trigger,
            begun.pre_event_ms,
            begun.sound_before,
            shape.encoded_here,
            begun.continues,
        )


def boot(
    files: Files,
    clock: Clock,
    entropy: Entropy,
    evidence: tuple[PublicKey, ...] = (),
) -> Bench:
    """Boot as far as the boot entry."""
    papers = Papers(files, entropy)
    keys = KeyFile(files, entropy)
    journal = Journal(files, papers.identity.serial, papers.own_keys(keys))
    time = Timekeeper(clock, files, journal.last_boot + 1)
    signer = papers.signer(keys)
    journal.begin(signer, time.now(), {})
    desk = Desk(Store(files), journal, signer, evidence, entropy, time.now)
    return Bench(desk, time, papers, entropy)


def evidence_key(number: int = 1) -> PrivateKey:
    """Give a fixed evidence key."""
    return PrivateKey.from_secret(bytes(31) + bytes((number,)))
