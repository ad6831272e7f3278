"""What `lapel view` says, in words and in JSON."""

import asyncio
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lapel.base.ids import recording_name
from lapel.cli.files import printable
from lapel.crypto.link import COLOURS, Code
from lapel.protocol.link import Judged
from lapel.wire.control import CameraMode, Listed, State, WearerSettings
from lapel.wire.pairing import Record

_UNVERIFIED = {
    "grant-none": "it shows no grant of an agency",
    "grant-expired": "its grant has expired; it should be docked",
    "grant-tenant": "it is another agency's",
    "grant-holder": "it is not one of yours",
}


def sighting(name: str | None, pairing: str | None, rssi: int) -> dict[str, object]:
    """Describe a camera on the air."""
    mode = pairing is not None
    camera = name or pairing or "a camera"
    return {"camera": camera, "paired": name is not None, "pairing": mode, "dBm": rssi}


def sightings(found: Sequence[Mapping[str, object]]) -> str:
    """List cameras on the air."""
    if not found:
        return "no camera heard"
    lines: list[str] = []
    for one in found:
        what = "in pairing mode" if one["pairing"] else ""
        what = what or ("paired" if one["paired"] else "not paired with this app")
        lines.append(f"{printable(str(one['camera'])):20} {what:26} {one['dBm']} dBm")
    return "\n".join(lines)


def met(judged: Judged) -> None:
    """Say who the camera is, while it is being paired."""
    if judged.holder is not None:
        said = f"This is camera {printable(judged.holder)} of your agency."
    else:
        why = _UNVERIFIED.get(judged.reason or "", "nobody vouches for it")
        said = f"Nobody vouches for this camera: {why}."
    sys.stderr.write(f"{said}\n")


def waits() -> None:
    """Say that the camera has to confirm."""
    sys.stderr.write("Waiting for the camera; it may want its Event button pressed.\n")


async def compare(code: Code) -> bool:
    """Show the code and ask; anything but yes is no."""
    flashes = " ".join(COLOURS[flash] for flash in code.flashes)
    sys.stderr.write(
        f"Code {code.digits[:3]} {code.digits[3:]}\n"
        f"Flashes of the camera: {flashes}\n"
        "Does the camera flash the same? Then press its Event button once, and type "
        "yes: "
    )
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[str] = loop.create_future()

    def settle(line: str) -> None:
        if not answered.done():
            answered.set_result(line)

    def read() -> None:
        line = sys.stdin.readline()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, line)

    # A daemon: a person who never answers must not keep the command from ending.
    threading.Thread(target=read, name="answer", daemon=True).start()
    said = (await answered).strip().lower()
    if not sys.stdin.isatty():
        sys.stderr.write("\n")
    return said in {"y", "yes"}


def paired(record: Record) -> dict[str, object]:
    """Describe a pairing as data."""
    return {"camera": record.holder, "known_by": record.how.name.lower()}


def count(number: int, what: str) -> str:
    """Print a count with its noun."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def duration(ms: int) -> str:
    """Print a duration, h:mm:ss."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def moment(ms: int) -> str:
    """Print a time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def state_data(told: State) -> dict[str, object]:
    """Give a state as data."""
    return {
        "mode": told.mode.name.lower(),
        "battery": told.battery,
        "free": told.free,
        "muted": told.muted,
        "stealth": told.stealth,
        "recording": recording_name(told.recording) if told.recording else None,
        "lasted_ms": told.lasted_ms,
        "held": told.held,
        "clock": told.clock.name.lower(),
    }


def state(told: State) -> str:
    """Say a state in words."""
    event = told.mode is CameraMode.EVENT
    mode = f"recording, {duration(told.lasted_ms)}" if event else "buffering"
    parts = [
        mode,
        f"battery {told.battery} %",
        f"memory {told.free} % free",
        count(told.held, "recording") + " held",
    ]
    if told.muted:
        parts.append("microphone muted")
    if told.stealth:
        parts.append("stealth")
    if not told.clock:
        parts.append("clock not set")
    return ", ".join(parts)


def listed_data(one: Listed) -> dict[str, object]:
    """Give a recording as data."""
    return {
        "id": recording_name(one.recording),
        "start_ms": one.start_ms,
        "clock": one.clock.name.lower(),
        "lasted_ms": one.lasted_ms,
        "marked": one.marked,
        "title": one.title,
        "ident": one.ident,
        "category": one.category,
    }


def listed(found: Sequence[Listed]) -> str:
    """List recordings."""
    if not found:
        return "the camera holds no recording"
    lines: list[str] = []
    for one in found:
        said = [text for text in (one.title, one.ident, one.category) if text]
        mark = "marked" if one.marked else ""
        about = printable(", ".join(said))
        when = moment(one.start_ms)
        lines.append(
            f"{recording_name(one.recording)}  {when}  {duration(one.lasted_ms)}"
            f"  {mark:6}  {about}".rstrip()
        )
    return "\n".join(lines)


def settings_data(told: WearerSettings, categories: Sequence[str]) -> dict[str, object]:
    """Give settings as data."""
    return {
        "volume": told.volume,
        "vibration": told.vibration,
        "lights": told.lights,
        "stealth": told.stealth,
        "permitted": [which.name.lower() for which in told.permitted],
        "categories": list(categories),
    }


def settings(told: WearerSettings, categories: Sequence[str]) -> str:
    """Say settings in words."""
    on = {True: "on", False: "off"}
    values = {
        "volume": str(told.volume),
        "vibration": on[told.vibration],
        "lights": on[told.lights],
        "stealth": on[told.stealth],
    }
    may = {which.name.lower() for which in told.permitted}
    lines = [
        f"{name:10} {value:4} {'you may change it' if name in may else ''}".rstrip()
        for name, value in values.items()
    ]
    lines.append(f"{'categories':10} {'' if categories else 'none'}".rstrip())
    lines += [f"  {printable(one)}" for one in categories]
    return "\n".join(lines)
