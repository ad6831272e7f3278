"""Where commands keep things when nobody says where (XDG)."""

import os
from pathlib import Path

ENVIRON = os.environ  # noqa: TID251


def data_folder(name: str) -> Path:
    """Give the user's own data folder of one product."""
    base = ENVIRON.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "lapel" / name


def cache_folder(name: str) -> Path:
    """Give the user's own cache folder of one product."""
    base = ENVIRON.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lapel" / name
