"""The shell of the link: it does what the protocol says, with radio and storage.

All of it happens under the camera's lock, in the thread `link` that waits for the radio
and for deadlines, or in whichever thread commands the camera. Recording needs neither
this lock nor this thread. A camera without an owner has no `link` key: it is silent.
"""

from threading import Event, Thread
from typing import Final

from lapel.base import faults
from lapel.base.errors import LapelError
from lapel.camera.attached import LinkShown
from lapel.camera.beacon import Beacon
from lapel.camera.body import Camera
from lapel.camera.identity import Owner
from lapel.camera.link_desk import LinkDesk, under_way
from lapel.camera.link_signs import Refusals, Signs
from lapel.camera.peer import Peer, StoredPair
from lapel.camera.rulebook import Signed
from lapel.camera.signals import Sound
from lapel.camera.station import Station
from lapel.ports.air import Failed, Heard, MakePeripheral, Subscribed, Wrote
from lapel.protocol.camera_links import CameraLinks, Outputs
from lapel.protocol.link import (
    Asked,
    Ended,
    Forget,
    Keep,
    Now,
    Opened,
    Send,
    Show,
)
from lapel.protocol.modes import State
from lapel.protocol.pairing import Identity, Policy
from lapel.wire.journal import EntryKind
from lapel.wire.link import SLOT_S
from lapel.wire.linked import Became, By
from lapel.wire.pairing import Record

NOTICE_MS: Final = 1_000
"""Changes of state are told at most so often."""

HEALTHY_MS: Final = 60_000
"""A radio that worked so long is in order; a failure after it is a new one."""

BATTERY_STEP: Final = 5
_WAIT_MS: Final = 1_000
_PAUSE_S: Final = 0.005
_ON: Final = frozenset({State.BUFFERING, State.EVENT})
_SILENT: Final = Policy(bluetooth=False, view_pairing=False)


class Linking:
    """Implements `Attached` with a radio."""

    def __init__(self, camera: Camera, make: MakePeripheral) -> None:
        """Hang on this camera; the radio is made by `start`, or by the first `step`."""
        self._camera = camera
        self._station = Station(make)
        self._beacon = Beacon(camera.board.entropy)
        self._peer = Peer(camera.board.files, camera.board.keys)
        self._desk = LinkDesk(camera)
        self._signs = Signs(camera)
        self._refusals = Refusals(camera)
        self._links: CameraLinks | None = None
        self._owner: Owner | None = None
        self._book: Signed | None = None
        self._policy = _SILENT
        self._session: tuple[int, Record] | None = None
        self._unsaid: set[int] = set()
        self._forgetting = self._troubled = False
        self._told: tuple[object, ...] | None = None
        self._told_ms: int | None = None
        self._stop = Event()
        self._thread: Thread | None = None
        with camera.lock:
            camera.link = self
            self.follow()

    # The thread

    def start(self) -> None:
        """Run in a thread of its own until `close`."""
        self._thread = Thread(target=self._run, name="link", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self.step():
                self._stop.wait(_PAUSE_S)
            elif not self._stop.is_set():
                self._station.wait(self.wait_s())

    def step(self) -> bool:
        """Take in what was heard, and let time pass; says whether more waits.

        A flood is taken in turn by turn, so that the camera's buttons get theirs.
        """
        failed = self._station.mend(self._camera.time.mono_ms())
        with self._camera.lock:
            if failed is not None:
                self._trouble(failed)
            for heard in self._station.taken():
                self._hear(heard)
            self.follow()
        return self._station.more

    def wait_s(self) -> float:
        """Seconds until the next deadline: of a link, of pairing mode, of a slot."""
        with self._camera.lock:
            now = self._now()
            left = [_WAIT_MS, SLOT_S * 1000 - now.utc_ms % (SLOT_S * 1000)]
            due = self._links.next_deadline() if self._links else None
        if due is not None:
            left.append(max(0, due - now.mono_ms))
        return min(left) / 1000

    def close(self) -> None:
        """Drop every link, be silent, end the thread; not under the camera's lock."""
        self._stop.set()
        self._station.wake()
        if self._thread is not None:
            self._thread.join()
        self._station.close()

    # What the wearer does

    def chord(self) -> None:
        """Open pairing mode, or say that there is none."""
        self.follow()
        links = self._links
        if links is None or not self._policy.link:
            self._camera.play(Sound.NOT_PAIRED)
            return
        self._do(links.chord(self._now()))
        self._signs.opened()
        self.follow()
        self._station.wake()

    def confirm(self, since_ms: int) -> None:
        """Confirm the code that waits, if it was shown when the press began."""
        if self._links is not None:
            self._do(self._links.press(self._now(), since_ms))
            self.follow()

    def shown(self) -> LinkShown:
        """Say what lights and pages show."""
        session = self._session[1] if self._session else None
        on_air = self._station.on_air
        return self._signs.shown(self._links, session, on_air=on_air)

    # What the radio hears

    def _hear(self, heard: Heard) -> None:
        links = self._links
        if isinstance(heard, Failed):
            self._trouble(heard.cause)
        elif links is None:
            if isinstance(heard, Subscribed):
                self._station.drop(heard.link)
        elif isinstance(heard, Subscribed):
            self._do(links.connect(heard.link, heard.mtu, self._now()))
        elif isinstance(heard, Wrote):
            self._do(links.value(heard.link, heard.value, self._now()))
        else:
            self._do(links.gone(heard.link))

    def _trouble(self, cause: str) -> None:
        """Be without a radio; say so once, until one has worked for a minute."""
        self._station.fail(self._camera.time.mono_ms())
        if self._links is not None:
            self._do(self._links.lost())
        if not self._troubled:
            self._troubled = True
            self._camera.note(EntryKind.ERROR, {1: f"radio: {cause}"[:200]})
            self._camera.play(Sound.PROBLEM)

    # What follows

    def follow(self) -> None:
        """Follow mode, owner, settings and time; show and tell what has changed."""
        camera, links = self._camera, self._belong()
        if links is None:
            self._station.show(None)
            return
        self._obey(links)
        now = self._now()
        self._do(links.tick(now))
        if self._policy.link:
            self._station.show(self._beacon.shown(links, now))
        else:
            self._beacon.rest()
            self._station.show(None)
        self._signs.follow(links)
        self._refusals.follow()
        self._notify(links)
        if self._forgetting:
            self._erase()
        made = self._station.made_ms
        if made is not None and camera.time.mono_ms() - made >= HEALTHY_MS:
            self._troubled = False

    def _belong(self) -> CameraLinks | None:
        """Give the links of this owner under these settings.

        Another owner has other keys and no peer, and other settings may name another
        key for grants. Both come in a dock, where there is no link to lose.
        """
        owner, book = self._camera.papers.owner, self._camera.rulebook.current
        if owner is not self._owner or book is not self._book:
            if self._links is not None:
                self._do(self._links.obey(_SILENT, self._camera.rulebook.link_rules()))
            self._owner, self._book, self._policy = owner, book, _SILENT
            self._links = self._begin(owner) if owner is not None else None
        return self._links

    def _begin(self, owner: Owner) -> CameraLinks:
        camera = self._camera
        identity = Identity(
            StoredPair(camera.board.keys),
            owner.grant,
            camera.rulebook.trust(),
            camera.board.entropy,
        )
        return CameraLinks(
            identity, self._load(), _SILENT, camera.rulebook.link_rules()
        )

    def _load(self) -> Record | None:
        """Read the record; one that cannot be read is none, and the journal says so."""
        try:
            return self._peer.load()
        except (LapelError, OSError) as error:
            self._camera.note(EntryKind.ERROR, {1: f"pairing: {error}"[:200]})
            return None

    def _obey(self, links: CameraLinks) -> None:
        """Obey the settings in force; a camera that is off or docked has no link."""
        camera = self._camera
        on = camera.state in _ON
        if on == (self._policy is not _SILENT):
            return
        self._policy = camera.rulebook.policy() if on else _SILENT
        self._do(links.obey(self._policy, camera.rulebook.link_rules()))

    def _do(self, outputs: Outputs) -> None:
        """Do what the protocol says, in order."""
        for link, output in outputs:
            match output:
                case Send(values):
                    if link not in self._unsaid:
                        self._station.send(link, values)
                case Ended(why):
                    self._station.drop(link)
                    self._unsaid.discard(link)
                    if self._session is not None and self._session[0] == link:
                        self._session = None
                    self._signs.ended(link, why)
                    self._refusals.ended(why)
                case Keep(record):
                    self._keep(link, record)
                case _:
                    self._act(link, output)

    def _act(self, link: int, output: object) -> None:
        match output:
            case Show(code):
                self._signs.code(link, code)
            case Forget():
                self._forget(link)
            case Opened(record):
                self._session, self._told = (link, record), None
            case Asked():
                self._answer(link, output)
            case _:
                pass  # whom a pairing meets stands in the journal once it is kept

    def _keep(self, link: int, record: Record) -> None:
        """Replace the record, then let the pairing end; or go on with the old one."""
        links = self._links
        if links is None:
            return
        try:
            self._peer.keep(record)
        except (LapelError, OSError):
            self._signs.peer(Became.NOT_KEPT, record)
            self._do(links.not_kept(link))
            return
        self._forgetting = False
        self._signs.peer(Became.PAIRED, record)
        faults.point("camera.pairing.journaled")
        self._signs.kept()
        self._do(links.kept(link))

    def _forget(self, link: int) -> None:
        """Erase the record; an app does not hear that it is gone before it is."""
        if self._session is not None:
            self._signs.peer(Became.UNPAIRED, self._session[1])
        self._forgetting = True
        self._erase()
        if self._forgetting:
            self._unsaid.add(link)

    def _erase(self) -> None:
        try:
            self._peer.forget()
        except OSError:
            return  # tried again with each look
        self._forgetting = False

    def _answer(self, link: int, asked: Asked) -> None:
        links, session = self._links, self._session
        if links is None or session is None:
            return
        code, result = self._desk.answer(asked, By.of_record(session[1]))
        self._do(links.answer(link, asked.number, code, result))

    def _notify(self, links: CameraLinks) -> None:
        """Tell the app of an open session what has changed, once a second at most."""
        if self._session is None:
            return
        camera, now_ms = self._camera, self._camera.time.mono_ms()
        glance = (
            under_way(camera),
            camera.muted,
            camera.speaker.stealth,
            camera.battery // BATTERY_STEP,
            camera.time.quality,
        )
        if self._told is None:
            self._told = glance  # it asks for the state itself
        recent = self._told_ms is not None and now_ms - self._told_ms < NOTICE_MS
        if glance == self._told or recent:
            return
        self._told_ms = now_ms
        try:
            state = self._desk.state()
        except (LapelError, OSError):
            return  # tried again; whoever asks for it is told why
        self._told = glance
        self._do(links.notice(state))

    def _now(self) -> Now:
        now = self._camera.time.now()
        return Now(now.mono_ms, now.utc_ms, now.quality)
