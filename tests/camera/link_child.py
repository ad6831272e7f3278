"""A process that pairs, annotates, chooses and unpairs; a fault point ends it.

Run as `python link_child.py FOLDER`: the camera's storage is FOLDER/cam, what the phone
holds is FOLDER/phone, and FOLDER/done names the steps that were done.
"""

import sys
from pathlib import Path

from typing_extensions import override

from lapel.camera.disk import Disk
from lapel.sim.phone import Call, LinkedCamera, Phone
from lapel.sim.storage import Act, MemoryFiles, Operation
from lapel.wire.control import (
    Annotation,
    LinkVerb,
    Nothing,
    Recordings,
    RecordingsBefore,
    SettingsChange,
)
from lapel.wire.pairing import Pairings
from lapel.wire.settings import Permitted

NAME = "view-1"


class MirroredFiles(MemoryFiles):
    """Storage in memory of which each change is on disk before it comes back."""

    def __init__(self, disk: Disk, held: dict[str, bytes]) -> None:
        super().__init__(held)
        self._disk = disk
        for name, data in held.items():
            disk.replace(name, data)

    @override
    def _note(self, operation: Operation) -> None:
        match operation.act:
            case Act.REPLACE:
                self._disk.replace(operation.name, operation.data)
            case Act.REMOVE:
                self._disk.remove(operation.name)
            case Act.WRITE | Act.CUT:
                self._disk.replace(operation.name, bytes(self.held[operation.name]))
            case Act.SYNC:
                pass


class StoredPhone(Phone):
    """A phone that stores what it holds before it says so."""

    place: Path

    @override
    def keep(self, pairings: Pairings) -> None:
        self.place.write_bytes(pairings.encode())
        super().keep(pairings)


def begun(folder: Path) -> LinkedCamera:
    """Make a camera with a recording, on disk from here on."""
    first = LinkedCamera()
    first.set(permitted=tuple(Permitted), categories=("Traffic stop",))
    first.see(5)
    first.record(3)
    held = {name: bytes(data) for name, data in first.files.held.items()}
    worn = LinkedCamera(MirroredFiles(Disk(folder / "cam"), held))
    worn.agency = first.agency
    worn.clock.go_on(first.clock.mono_ms())
    worn.camera.switch(on=True)
    worn.step()
    return worn


def say(call: Call) -> None:
    page = call.asked(LinkVerb.RECORDINGS, RecordingsBefore(None), Recordings)
    call.ask(LinkVerb.ANNOTATE, Annotation(page.page[0].recording, title="Stop"))


def main(folder: Path) -> None:
    """Do it all."""
    worn = begun(folder)
    identity = worn.phone(NAME).identity
    phone = StoredPhone(worn, identity)
    phone.place = folder / "phone"
    done: list[str] = []

    def did(step: str) -> None:
        done.append(step)
        (folder / "done").write_text(" ".join(done))

    for step in ("paired", "paired-again"):
        worn.chord()
        phone.pair()
        did(step)
    call = phone.open()
    say(call)
    did("annotated")
    call.ask(LinkVerb.SETTINGS_SET, SettingsChange(0, None, None, None))
    did("chosen")
    call.ask(LinkVerb.UNPAIR, Nothing())
    did("unpaired")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
