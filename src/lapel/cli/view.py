"""`lapel view`: View on a computer: pair with a camera, look at it, annotate."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from cyclopts import App as Commands
from cyclopts import Parameter
from cyclopts.validators import Number

from lapel.base.errors import MalformedError, NotFoundError
from lapel.base.ids import parse_recording_name
from lapel.cli import view_words as words
from lapel.cli.folders import data_folder
from lapel.ports.system import SystemClock, system_entropy
from lapel.protocol.link import Ended, Noticed
from lapel.protocol.pairing import Demands
from lapel.radio.doors import open_central
from lapel.view import app as acts
from lapel.view.app import App, Asking
from lapel.view.enrol import enrol as join
from lapel.view.finding import hear_for, recognise
from lapel.view.shelf import Shelf, name_of
from lapel.view.talk import Talk, error_of
from lapel.wire.control import (
    Annotation,
    LinkVerb,
    Nothing,
    Position,
    SettingsChange,
    Source,
)

app = Commands(
    name="view",
    help="""View on a computer: pair with a camera over Bluetooth, look at it, annotate.

Example: lapel view pair; lapel view state; lapel view annotate last --title "Door"
""",
)
Folder = Annotated[
    Path | None, Parameter(name="--dir", help="The app's folder (default: the user's).")
]
Air = Annotated[
    str | None,
    Parameter(name="--air", help="Another radio, such as tcp-client:127.0.0.1:7000."),
]
Named = Annotated[
    str | None, Parameter(name="--camera", help="Serial or fingerprint of a camera.")
]
AsJson = Annotated[bool, Parameter(name="--json", help="Print JSON.")]
T = TypeVar("T")
DEGREE: Final = 10_000_000


@Parameter(name="*")
@dataclass(frozen=True)
class Radio:
    """Which folder, radio and camera."""

    folder: Folder = None
    air: Air = None
    camera: Named = None
    as_json: AsJson = False

    def shelf(self) -> Shelf:
        """Open the app's folder."""
        return Shelf.open(self.folder or data_folder("view"), system_entropy)

    @asynccontextmanager
    async def app(self) -> AsyncGenerator[App, None]:
        """Open the radio for as long as the command lasts."""
        shelf = self.shelf()
        central = open_central(self.air)
        try:
            yield App(shelf, central, SystemClock(), system_entropy)
        finally:
            await central.close()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Talk, None]:
        """Open a session with the camera."""
        async with self.app() as opened, opened.session(self.camera) as talk:
            yield talk

    def tell(self, data: object, text: str) -> None:
        """Print a result, as JSON or for people."""
        told = json.dumps(data) if self.as_json else text
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()


DEFAULT: Final = Radio()


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@app.command
def enrol(code: str, *, radio: Radio = DEFAULT) -> int:
    """Make this computer an app of the agency, with a one-time code from Evidence.

    It can pair without; then cameras are known by comparing codes only.
    """
    shelf = join(radio.shelf(), code, SystemClock().utc_ms())
    granted = shelf.granted
    if granted is None:
        raise NotFoundError("Evidence gave no grant; get a fresh code")
    radio.tell(
        {"tenant": granted.tenant, "cameras": list(granted.cameras)},
        f"an app of agency {granted.tenant}, with "
        + words.count(len(granted.cameras), "camera"),
    )
    return 0


@app.command
def scan(
    *,
    seconds: Annotated[float, Parameter(validator=Number(gt=0))] = 5.0,
    radio: Radio = DEFAULT,
) -> int:
    """List cameras on the air: paired ones by name, others without.

    Args:
        seconds: How long to listen.
        radio: Which folder and radio.

    """
    return _run(_scan(seconds, radio))


async def _scan(seconds: float, radio: Radio) -> int:
    found: dict[str, dict[str, object]] = {}
    async with radio.app() as opened:
        paired = opened.shelf.pairings()
        async with contextlib.aclosing(hear_for(opened.central, seconds)) as heard:
            async for sighting in heard:
                known = recognise(sighting, paired, opened.clock.utc_ms())
                name = name_of(paired[known.camera]) if known else None
                pairing = sighting.name
                found[sighting.place] = words.sighting(name, pairing, sighting.rssi)
    listed = sorted(found.values(), key=lambda one: str(one["camera"]))
    radio.tell(listed, words.sightings(listed))
    return 0


@app.command
def pair(
    name: str | None = None,
    *,
    unverified: bool = False,
    trust: bool = False,
    radio: Radio = DEFAULT,
) -> int:
    """Pair with a camera: hold Event and Function on it for three seconds first.

    Args:
        name: What the camera is called while it is in pairing mode, `Camera NN`.
        unverified: Accept a camera that cannot show that it is your agency's.
        trust: Do not compare codes; a grant, or the pressed buttons, are enough.
        radio: Which folder and radio.

    """
    return _run(_pair(name, radio, unverified=unverified, compare=not trust))


async def _pair(
    name: str | None, radio: Radio, *, unverified: bool, compare: bool
) -> int:
    async with radio.app() as opened:
        granted = opened.shelf.granted is not None
        wish = acts.need(Demands(grant=granted and not unverified), compare=compare)
        record = await opened.pair(
            name, wish, Asking(words.met, words.compare, words.waits)
        )
        pairings = opened.shelf.pairings()
    camera = next(one for one in pairings.values() if record in one.records)
    radio.tell(words.paired(record), f"paired with {name_of(camera)}")
    return 0


@app.command
def state(*, radio: Radio = DEFAULT, watch: bool = False) -> int:
    """Show a camera's state at a glance; with --watch, each change until Ctrl-C."""
    return _run(_state(radio, watch=watch))


async def _state(radio: Radio, *, watch: bool) -> int:
    async with radio.session() as talk:
        told = await acts.state(talk)
        radio.tell(words.state_data(told), words.state(told))
        while watch:
            match await talk.hear():
                case Noticed(told):
                    radio.tell(words.state_data(told), words.state(told))
                case Ended(why):
                    raise error_of(why)
                case _:
                    pass
    return 0


@app.command
def recordings(
    *,
    most: Annotated[int, Parameter(validator=Number(gt=0))] = 50,
    radio: Radio = DEFAULT,
) -> int:
    """List the recordings that a camera holds, newest first.

    Args:
        most: How many at most.
        radio: Which folder, radio and camera.

    """
    return _run(_recordings(most, radio))


async def _recordings(most: int, radio: Radio) -> int:
    async with radio.session() as talk:
        listed = await acts.recordings(talk, most)
    radio.tell([words.listed_data(one) for one in listed], words.listed(listed))
    return 0


@dataclass(frozen=True)
class Said:
    """What is said of a recording."""

    title: str | None = None
    """What happened, in a few words."""
    ident: Annotated[str | None, Parameter(name="--id")] = None
    """The agency's own number for it."""
    category: str | None = None
    """One of the agency's categories."""
    position: str | None = None
    """LATITUDE,LONGITUDE in degrees."""


UNSAID: Final = Said()


@app.command
def annotate(
    recording: str,
    *,
    said: Annotated[Said, Parameter(name="*")] = UNSAID,
    radio: Radio = DEFAULT,
) -> int:
    """Say what a recording is; the camera signs it into its journal.

    Args:
        recording: Its id, or `last` for the newest.
        said: What is said.
        radio: Which folder, radio and camera.

    """
    return _run(_annotate(recording, said, radio))


async def _annotate(recording: str, said: Said, radio: Radio) -> int:
    position = None if said.position is None else read_position(said.position)
    if recording != "last":
        parse_recording_name(recording)
    if not any((said.title, said.ident, said.category, position)):
        raise MalformedError("say something: --title, --id, --category or --position")
    async with radio.session() as talk:
        if recording == "last":
            listed = await acts.recordings(talk, 1)
            if not listed:
                raise NotFoundError("the camera holds no recording")
            which = listed[0].recording
        else:
            which = parse_recording_name(recording)
        about = Annotation(which, said.title, said.ident, said.category, position)
        await talk.ask(LinkVerb.ANNOTATE, about)
    radio.tell({"ok": True}, "the camera has it")
    return 0


def read_position(text: str) -> Position:
    """Read LATITUDE,LONGITUDE in degrees; raises `MalformedError`."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ValueError(text)
    except ValueError as error:
        raise MalformedError(
            "a position is LATITUDE,LONGITUDE in degrees, such as 52.52,13.405"
        ) from error
    north, east = round((latitude + 90) * DEGREE), round((longitude + 180) * DEGREE)
    return Position(north, east, Source.PHONE)


@app.command
def settings(*, radio: Radio = DEFAULT) -> int:
    """Show what the wearer may set, and the agency's categories."""
    return _run(_settings(radio))


async def _settings(radio: Radio) -> int:
    async with radio.session() as talk:
        told, categories = await acts.settings(talk)
    radio.tell(words.settings_data(told, categories), words.settings(told, categories))
    return 0


OnOff = Literal["on", "off"]


@dataclass(frozen=True)
class Change:
    """What is to change."""

    volume: Annotated[int | None, Parameter(validator=Number(gte=0, lte=3))] = None
    """Loudness of sounds, 0 to 3."""
    vibration: OnOff | None = None
    """Vibration beside sounds."""
    lights: OnOff | None = None
    """Lights of the camera."""
    stealth: OnOff | None = None
    """No light and no sound at all."""

    def asked(self) -> SettingsChange:
        """Give the request."""
        flags = (self.vibration, self.lights, self.stealth)
        wanted = [None if flag is None else flag == "on" for flag in flags]
        if self.volume is None and all(flag is None for flag in wanted):
            raise MalformedError("change something: --volume, --vibration, --lights...")
        return SettingsChange(self.volume, *wanted)


SAME: Final = Change()


@app.command(name="set")
def change(
    *,
    changes: Annotated[Change, Parameter(name="*")] = SAME,
    radio: Radio = DEFAULT,
) -> int:
    """Change what the agency lets the wearer change.

    Args:
        changes: What is to change.
        radio: Which folder, radio and camera.

    """
    asked = changes.asked()
    return _run(_act(radio, LinkVerb.SETTINGS_SET, asked, "the camera follows"))


@app.command
def unpair(*, radio: Radio = DEFAULT) -> int:
    """End the pairing, on the camera first and then here."""
    return _run(_unpair(radio))


async def _unpair(radio: Radio) -> int:
    shelf = radio.shelf()
    camera, _ = shelf.find(radio.camera)
    async with radio.session() as talk:
        await talk.ask(LinkVerb.UNPAIR, Nothing())
    shelf.forget(camera)
    radio.tell({"ok": True}, "unpaired")
    return 0


async def _act(radio: Radio, verb: LinkVerb, asked: SettingsChange, done: str) -> int:
    async with radio.session() as talk:
        await talk.ask(verb, asked)
    radio.tell({"ok": True}, done)
    return 0
