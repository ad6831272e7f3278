"""Pure decisions on people: permissions, passwords, and when an account rests."""

import base64
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from lapel.base.permissions import Allowed, Decision, Denied, Permission, covered
from lapel.evidence.people import common
from lapel.evidence.people.model import Attempts, Factor, Need, Person, Role

ACCOUNT_MOST = 64
NAME_MOST = 80
ROLE_MOST = 60
PASSWORD_LEAST = 12
PASSWORD_MOST = 256
ACCOUNT_TRIES = 6
ADDRESS_TRIES = 60
REST_MS = 15 * 60_000
WINDOW_MS = 60 * 60_000
IDLE_MS = 30 * 60_000
SESSION_MS = 12 * 3_600_000
PROOF_MS = 5 * 60_000
UNUSED_MS = 90 * 86_400_000
SECOND_MS = 5 * 60_000
CODES = 10
PASSKEYS_MOST = 20
PASSKEY_NAME_MOST = 60
THEMES = ("system", "light", "dark")
BANNER_MOST = 2000
NETWORKS_MOST = 200
ENROL_MS = 72 * 3_600_000
SIGN_IN_MS = 15 * 60_000


def may_give(author: Person, permissions: frozenset[Permission]) -> Decision:
    """Judge whether somebody may give, or take, what has these permissions.

    Nobody gives what they lack, and nobody changes an account that may do more: its
    one-time link would be a way to more.
    """
    lacking = sorted(permissions - covered(author.permissions))
    return Denied(f"lacks {', '.join(lacking)}") if lacking else Allowed()


def can_give(author: Person, role: Role) -> bool:
    """Tell whether somebody may give a role."""
    return isinstance(may_give(author, role.permissions), Allowed)


def may_change(author: Person, other: Person) -> bool:
    """Tell whether somebody may change an account."""
    return isinstance(may_give(author, other.permissions), Allowed)


def together(roles: Iterable[Role]) -> frozenset[Permission]:
    """Give what these roles allow together."""
    return frozenset[Permission]().union(*(role.permissions for role in roles))


def line(text: str, most: int) -> str | None:
    """Bring a name into one line; None when nothing or too much is left."""
    clean = " ".join(text.split())
    return clean if clean.isprintable() and 1 <= len(clean) <= most else None


def account(text: str) -> str | None:
    """Read the name of an account; None when it is none."""
    name = text.strip().casefold()
    return name if name.isprintable() and 1 <= len(name) <= ACCOUNT_MOST else None


def password_fault(password: str, name: str, again: str) -> str | None:
    """Say what is wrong with a new password in one code; None when it will do.

    Length counts, and what is known or little more than that is refused; there is no
    rule on kinds of characters, because such rules make passwords worse.
    """
    if len(password) < PASSWORD_LEAST:
        return "short"
    if len(password) > PASSWORD_MOST:
        return "long"
    plain = password.casefold()
    if name.casefold() in plain and len(plain) - len(name) < 8:
        return "name"
    if len(set(plain)) < 5 or _is_run(plain) or common.is_common(plain):
        return "common"
    if password != again:
        return "differ"
    return None


def _is_run(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an account or address may try now, and how many tries are left."""

    rests_until_ms: int
    left: int


def standing(attempts: Attempts | None, tries: int, now_ms: int) -> Standing:
    """Judge the tries so far; a window without failures forgets them."""
    if attempts is None or now_ms - attempts.first_ms > WINDOW_MS:
        return Standing(0, tries)
    rests = attempts.rests_until_ms if attempts.rests_until_ms > now_ms else 0
    return Standing(rests, max(0, tries - attempts.failures))


def needed(needs: Mapping[str, Need], roles: Iterable[Role]) -> Need | None:
    """Give the strongest that any of somebody's roles asks for."""
    asked = {needs[role.id] for role in roles if role.id in needs}
    return max(asked, key=list(Need).index, default=None)


def lacking(need: Need | None, has: frozenset[Factor]) -> Need | None:
    """Give what is asked for and not there; None where nothing is missing."""
    fits = {
        None: True,
        Need.ANY: bool(has),
        Need.PASSKEY: Factor.PASSKEY in has,
    }
    return None if fits[need] else need


def recovery_code(raw: bytes) -> str:
    """Write 80 random bits so that they are easy to read and type."""
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def plain_code(typed: str) -> str:
    """Read a recovery code however it was typed."""
    return "".join(one for one in typed.casefold() if one.isalnum())


def is_fresh(proved_ms: int, now_ms: int) -> bool:
    """Tell whether somebody proved lately enough who they are for a privileged act."""
    return 0 <= now_ms - proved_ms <= PROOF_MS


def counted(address: str) -> str:
    """Give what failed tries from an address are counted under.

    Whoever has one address of IPv6 has all 2^64 of its network, so those are one.
    """
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address if found is None else str(found)


def banner(text: str) -> str | None:
    """Read the text that stands above the sign-in; None when it is too long."""
    lines = [" ".join(one.split()) for one in text.strip().splitlines()]
    clean = "\n".join(lines)
    is_text = all(one == "\n" or one.isprintable() for one in clean)
    return clean if is_text and len(clean) <= BANNER_MOST else None


def networks(text: str) -> tuple[str, ...] | None:
    """Read addresses and networks, one a word; None when one of them is none."""
    words = text.replace(",", " ").split()
    if len(words) > NETWORKS_MOST:
        return None
    try:
        found = {str(ipaddress.ip_network(one, strict=False)): None for one in words}
    except ValueError:
        return None
    return tuple(found)


def is_within(networks: tuple[str, ...], address: str) -> bool:
    """Tell whether an address is in one of these networks; no network means all."""
    if not networks:
        return True
    found = _address(address)
    return found is not None and any(
        found in ipaddress.ip_network(one) for one in networks
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def after_failure(attempts: Attempts | None, tries: int, now_ms: int) -> Attempts:
    """Count one failure more; the last one begins a rest and a new count."""
    old = attempts
    if old is None or now_ms - old.first_ms > WINDOW_MS:
        old = Attempts(0, now_ms, 0)
    failures = old.failures + 1
    if failures >= tries:
        return Attempts(0, now_ms, now_ms + REST_MS)
    return Attempts(failures, old.first_ms, old.rests_until_ms)
