"""Which software this is."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """Give the version of the installed package; `0` where it is not installed."""
    try:
        return installed("lapel")
    except PackageNotFoundError:
        return "0"
