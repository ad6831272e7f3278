"""What the agency wants of its cameras."""

import msgspec


class Policy(msgspec.Struct, frozen=True):
    """What counts for one camera; it is expanded to a signed document for it.

    A pairing with View may have to have a grant, or to be compared; `pairing_button`
    says whether having pressed the buttons is enough. `permitted` are numbers of
    settings that a wearer may change. A new agency begins with View allowed, where an
    app shows a grant or people compare codes.
    """

    bluetooth: bool = True
    view_pairing: bool = True
    pairing_grant: bool = False
    pairing_compared: bool = False
    pairing_button: bool = False
    permitted: tuple[int, ...] = (0, 1, 2, 3)
    signal: bool = False
    wifi: bool = False
    slate: bool = False
    sealing: bool = True
    replay: bool = False
    pre_event_s: int = 30
    pre_event_sound: bool = False
    quality: int = 1
    rollover_s: int = 14_400
    delete_unopened: bool = False


class Category(msgspec.Struct, frozen=True):
    """A category and how long its recordings are kept; None: until erased by hand."""

    id: str
    name: str
    keep_days: int | None


FIRST_CATEGORIES: tuple[tuple[str, int | None], ...] = (
    ("Traffic stop", 1095),
    ("Disturbance", 1095),
    ("Welfare check", 365),
    ("Theft", 1825),
    ("Arrest", 1825),
    ("Use of force", None),
    ("Interview", 1825),
    ("Test, no value", 30),
)
