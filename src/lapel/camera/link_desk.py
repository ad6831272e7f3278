"""What a paired app asks, answered (formats 1, R6.1, R6.2).

The protocol has judged each request: its verb, role, arguments and what the agency
permits. What is left to refuse is what this camera cannot do now.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, TypeVar

from lapel.base.errors import (
    BusyError,
    LapelError,
    MalformedError,
    NotFoundError,
    StorageFullError,
)
from lapel.camera.body import Camera
from lapel.camera.shelf import Shelf
from lapel.protocol.control import recordings_page, settings_page
from lapel.protocol.link import Asked
from lapel.protocol.modes import State as Mode
from lapel.wire.control import (
    Annotation,
    CameraMode,
    LinkVerb,
    RecordingsBefore,
    Refusal,
    SettingsChange,
    SettingsFrom,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.journal import EntryKind
from lapel.wire.linked import AnnotationData, By, ChosenData
from lapel.wire.port import Code

AT_ONCE: Final = 60
EACH_MS: Final = 5_000
D = TypeVar("D", bound=Document)
Reply: TypeAlias = tuple[Code, Document | None]

_REFUSED: Final[tuple[tuple[type[Exception], Code, str], ...]] = (
    (NotFoundError, Code.NOT_FOUND, "recording"),
    (BusyError, Code.BUSY, "too-many"),
    (StorageFullError, Code.WRONG_STATE, "memory-full"),
    (OSError, Code.WRONG_STATE, "storage"),
    (MalformedError, Code.MALFORMED, "arguments"),
)


class Allowance:
    """So many writes at once, then one each five seconds: an app wears nothing out."""

    def __init__(self) -> None:
        """Begin with all of it."""
        self._left = AT_ONCE
        self._since_ms: int | None = None

    def take(self, now_ms: int) -> None:
        """Take one; raises `BusyError` when there is none."""
        if self._since_ms is None:
            self._since_ms = now_ms
        come = (now_ms - self._since_ms) // EACH_MS
        self._since_ms += come * EACH_MS
        self._left = min(AT_ONCE, self._left + come)
        if self._left == 0:
            raise BusyError("too many changes at once; try again in a few seconds")
        self._left -= 1


class LinkDesk:
    """Answers requests under the camera's lock; what it writes is durable before."""

    def __init__(self, camera: Camera) -> None:
        """Answer for this camera."""
        self._camera = camera
        self._shelf = Shelf(camera.store, camera.journal)
        self._allowance = Allowance()
        self._acts: Mapping[LinkVerb, Callable[[Document, By], Document | None]] = {
            LinkVerb.STATE: self._state,
            LinkVerb.SETTINGS_GET: self._settings,
            LinkVerb.SETTINGS_SET: self._choose,
            LinkVerb.RECORDINGS: self._recordings,
            LinkVerb.ANNOTATE: self._annotate,
        }

    def answer(self, asked: Asked, by: By) -> Reply:
        """Do what an app asked, or say why not; then nothing was changed."""
        act = self._acts.get(asked.verb)
        if act is None:
            return Code.NOT_PERMITTED, Refusal("not-served")
        try:
            return Code.DONE, act(asked.arguments, by)
        except (LapelError, OSError) as error:
            return _refused(error)

    def state(self) -> State:
        """Give what View shows at a glance."""
        camera = self._camera
        held = self._shelf.all(camera.progress)
        recording = under_way(camera)
        progress = camera.progress
        lasted = 0
        if progress is not None and progress.recording == recording:
            lasted = progress.media_ms
        free, used = camera.board.files.free(), sum(one.length for one in held)
        return State(
            CameraMode.BUFFERING if recording is None else CameraMode.EVENT,
            min(100, max(0, camera.battery)),
            free * 100 // max(1, free + used),
            camera.muted,
            camera.speaker.stealth,
            recording,
            lasted,
            len(held),
            camera.time.quality,
        )

    def _state(self, _arguments: Document, _by: By) -> Document:
        return self.state()

    def _settings(self, arguments: Document, _by: By) -> Document:
        first = _of(SettingsFrom, arguments).category
        chosen = self._camera.speaker.chosen
        given = WearerSettings(
            chosen.volume,
            chosen.vibration,
            chosen.lights,
            chosen.stealth,
            permitted=(),
            categories=(),
            more=False,
        )
        return settings_page(given, self._camera.rulebook.link_rules(), first)

    def _choose(self, arguments: Document, by: By) -> None:
        """Choose: 1. the journal says so, 2. storage has it, 3. it holds."""
        change, camera = _of(SettingsChange, arguments), self._camera
        self._allowance.take(camera.time.mono_ms())
        now = camera.time.now()
        data = ChosenData(change, by).items()
        camera.journal.insist(EntryKind.SETTINGS, data, now)
        camera.wearer.choose(camera.wearer.after(change))
        if change.stealth is not None:
            camera.note(EntryKind.STEALTH, {1: change.stealth})
        camera.obey_wearer(stealth=change.stealth)

    def _recordings(self, arguments: Document, _by: By) -> Document:
        held = self._shelf.all(self._camera.progress)
        listed = [one.listed for one in held]
        return recordings_page(listed, _of(RecordingsBefore, arguments))

    def _annotate(self, arguments: Document, by: By) -> None:
        said, camera = _of(Annotation, arguments), self._camera
        self._allowance.take(camera.time.mono_ms())
        data = AnnotationData.of_request(said, by)
        self._shelf.annotate(data, camera.time.now())


def _of(kind: type[D], arguments: Document) -> D:
    if not isinstance(arguments, kind):
        raise MalformedError("arguments of another verb")
    return arguments


def _refused(error: Exception) -> Reply:
    """Say why not, in a code and a stable word."""
    for kind, code, reason in _REFUSED:
        if isinstance(error, kind):
            return code, Refusal(reason)
    return Code.WRONG_STATE, Refusal("wrong-state")


def under_way(camera: Camera) -> bytes | None:
    """Give the recording under way, once it has begun."""
    if camera.state is not Mode.EVENT or camera.capturing is None:
        return None
    return camera.capturing.recorder.recording
