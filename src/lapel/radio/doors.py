"""Where programs get their radio from: a transport's name in, a radio out.

The libraries are brought by extras, and are imported when a radio is asked for.
"""

from importlib import import_module
from types import ModuleType

from lapel.base.errors import SetupError
from lapel.ports.air import Central, MakePeripheral


def make_peripheral(transport: str) -> MakePeripheral:
    """Give what makes a camera's radio on a transport, such as `hci-socket:0`.

    Raises `SetupError` where the library is missing. Making it raises `SetupError` for
    a transport that cannot be, and `UnreachableError` for a controller that is silent.
    """
    _library("bumble", "lapel[radio]")
    module = import_module("lapel.radio.peripheral")
    made: MakePeripheral = module.bumble_peripheral(transport)
    return made


def open_central(transport: str | None) -> Central:
    """Give an app's radio: on a transport, or on this machine's own Bluetooth (None).

    Raises `SetupError` where the library is missing. It is opened when it is first
    used, and then raises as `make_peripheral` does.
    """
    central: Central
    if transport is None:
        _library("bleak", "lapel[view]")
        central = import_module("lapel.radio.desktop").BleakCentral()
        return central
    _library("bumble", "lapel[radio]")
    central = import_module("lapel.radio.central").BumbleCentral(transport)
    return central


def _library(name: str, extra: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise SetupError(
            f"{name} is not installed; `pip install '{extra}'` brings it"
        ) from error
