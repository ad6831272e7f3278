"""A whole camera in memory, with its port on loopback: presses, packets, hosts."""

import ssl
from collections.abc import Callable
from tempfile import NamedTemporaryFile
from threading import Event

from lapel.base.errors import SetupError
from lapel.camera.board import Board
from lapel.camera.body import Camera
from lapel.camera.factory import Factory
from lapel.camera.keyfile import KeyFile
from lapel.camera.port import Port
from lapel.crypto.digest import sha256
from lapel.proof.journal import split
from lapel.protocol.buttons import Button
from lapel.protocol.modes import Happening
from lapel.sim.camera import MODEL, SERIAL, made
from lapel.sim.clock import ManualClock, seeded
from lapel.sim.packets import FedSource, footage
from lapel.sim.storage import LoggedFiles, MemoryFiles
from lapel.sim.tenant import Agency, Host, HostPapers
from lapel.wire.adoption import Identity
from lapel.wire.cose import parse
from lapel.wire.journal import Entry
from lapel.wire.port import Verb

ENTROPY = seeded(11)
_LITTLE = Event()


class LiveCamera:
    """A camera that a test wears: it presses, feeds packets, plugs in and asks."""

    def __init__(self, files: MemoryFiles | None = None) -> None:
        """Make a camera, or boot the one that lies in `files`."""
        self.clock = ManualClock(mono_ms=0)
        self.files = files or LoggedFiles()
        self.factory: Factory | None = None
        if files is None:
            self.factory = made(self.clock, ENTROPY, self.files)
        self.source = FedSource()
        self.broken = False
        self.seconds = 0.0
        self._hosts: list[Host] = []
        self.camera = self._boot()
        self.port = Port(self.camera)

    def _boot(self) -> Camera:
        def opened(_serial: str) -> FedSource:
            if self.broken:
                raise SetupError("the device does not answer")
            self.source = FedSource()
            return self.source

        keys = KeyFile(self.files, ENTROPY)
        firmware = "test", sha256(b"test")
        return Camera(Board(self.files, keys, self.clock, ENTROPY, opened, *firmware))

    def reboot(self) -> "LiveCamera":
        """Boot again from what storage holds, as after a power cut."""
        self.leave()
        held = {name: bytes(data) for name, data in self.files.held.items()}
        again = LiveCamera(LoggedFiles(held))
        again.factory = self.factory
        return again

    def press(self, *buttons: str, hold_ms: int = 100) -> None:
        """Press buttons one after the other."""
        for name in buttons:
            button = Button(name)
            self.camera.edge(button, down=True, at_ms=self.clock.mono_ms())
            self.clock.go_on(hold_ms)
            self.camera.edge(button, down=False, at_ms=self.clock.mono_ms())
            self.clock.go_on(100)

    def together(self, *buttons: str, hold_ms: int = 3_100) -> None:
        """Hold buttons at the same time."""
        for down in (True, False):
            for name in buttons:
                at_ms = self.clock.mono_ms()
                self.camera.edge(Button(name), down=down, at_ms=at_ms)
            if down:
                self.clock.go_on(hold_ms)
                self.camera.tick()

    def see(self, seconds: float) -> None:
        """Let the source bring `seconds` of footage."""
        origin = self.clock.mono_ms() - round(self.seconds * 1000)
        for packet in footage(seconds, start=self.seconds, mono_ms=origin):
            self.clock.go_on(max(0, packet.mono_ms - self.clock.mono_ms()))
            self.source.feed(packet)
        self.seconds += seconds
        end = origin + round(self.seconds * 1000)
        self.clock.go_on(max(0, end - self.clock.mono_ms()))
        self.camera.tick()

    def record(self, seconds: float = 3) -> None:
        """Make a recording."""
        self.press("event", "event")
        self.see(seconds)
        self.press("event", hold_ms=3100)
        self.settle()

    def settle(self) -> None:
        """Wait until the writer has nothing to do."""
        self.wait(lambda: self.camera.quiet and not self.camera.recovering)
        self.camera.tick()

    def written(self) -> None:
        """Wait until the writer has done what it was told; a recording may go on."""
        self.wait(lambda: self.camera.writer.waiting == 0)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Wait up to ten seconds of real time until something holds."""
        for _ in range(10_000):
            if holds():
                return
            self._pause()
        raise TimeoutError("it never came to hold")

    def _pause(self) -> None:
        self.camera.tick()
        _LITTLE.wait(0.001)

    def dock(self) -> tuple[str, int]:
        """Put the camera into a dock; gives the port's address."""
        self.camera.happen(Happening.DOCK)
        self.settle()
        self.port.open()
        address = self.port.address
        if address is None:
            raise TimeoutError("the port does not listen")
        return address

    def undock(self) -> None:
        """Take the camera out of the dock."""
        self.leave()
        self.camera.happen(Happening.UNDOCK)

    def host(self, papers: HostPapers | None = None) -> Host:
        """Connect as a host; without papers no certificate is shown."""
        address = self.port.address
        if address is None:
            raise TimeoutError("the port does not listen")
        host = Host(address, client(papers))
        self._hosts.append(host)
        return host

    def leave(self) -> None:
        """Pull the cable out, as far as hosts can see."""
        self.port.close()
        for host in self._hosts:
            host.close()

    def adopt(self, agency: Agency) -> None:
        """Have an agency adopt the docked camera and set its clock."""
        host = self.host()
        nonce = self.camera.papers.nonce
        identity = host.ask(Verb.ADOPT, {1: self.voucher(agency)}).result
        adopted = agency.adopted(Identity.of(identity or {}), SERIAL, MODEL, nonce)
        host.ask(Verb.ADOPT, adopted.items())
        host.close()
        self.set_clock(agency)

    def voucher(self, agency: Agency) -> bytes:
        """Have the maker sign a voucher for an agency."""
        if self.factory is None:
            raise TimeoutError("no maker")
        ca = agency.ca.certificate.der
        nonce = self.camera.papers.nonce
        return self.factory.voucher(SERIAL, agency.tenant, ca, nonce)

    def set_clock(self, agency: Agency) -> None:
        """Set the clock by the agency's signed time."""
        host = self.host(agency.host())
        given = (host.ask(Verb.TIME).result or {})[1]
        nonce = given if isinstance(given, bytes) else b""
        host.ask(Verb.TIME, {1: agency.time(nonce, self.clock.utc_ms())})
        host.close()

    @property
    def mode(self) -> str:
        """Mode by its name."""
        return self.camera.state.mode

    def journal(self) -> list[Entry]:
        """Give all entries of the journal."""
        raw = self.files.read("journal")
        return [Entry.decode(parse("journal", one).payload) for one in split(raw)]


def client(papers: HostPapers | None) -> ssl.SSLContext:
    """Make the host's side of TLS; it takes any camera."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if papers is not None:
        with NamedTemporaryFile() as file:
            file.write(papers.key.to_pem() + papers.certificate.to_pem())
            file.flush()
            context.load_cert_chain(file.name)
    return context
