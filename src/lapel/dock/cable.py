"""The cable between a virtual camera and a bay: a link, and a file that is there."""

from pathlib import Path
from typing import Final

from lapel.base.errors import ConflictError, NotFoundError
from lapel.dock.machine import BAYS

CABLE: Final = "cable"


def plug(camera: Path, dock: Path, bay: int) -> None:
    """Put a camera of this machine into a bay; folders name both.

    Raises `NotFoundError` where there is no camera, `ConflictError` for a full bay.
    """
    place, socket = dock / BAYS / str(bay), camera / "port"
    if not socket.is_dir():
        raise NotFoundError(f"{camera} is not a camera's folder")
    if place.is_symlink():
        raise ConflictError(f"bay {bay} holds a camera already; unplug it first")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.symlink_to(socket.resolve(), target_is_directory=True)
    (socket / CABLE).touch(mode=0o600)


def unplug(dock: Path, bay: int) -> None:
    """Take the camera out of a bay; raises `NotFoundError` for an empty one."""
    place = dock / BAYS / str(bay)
    if not place.is_symlink():
        raise NotFoundError(f"bay {bay} is empty")
    (place / CABLE).unlink(missing_ok=True)
    place.unlink()
