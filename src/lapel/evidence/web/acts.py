"""Custody acts as sentences: who, what, when, as things stood on that day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lapel.evidence.custody.model import Action, Logged
from lapel.evidence.web.words import Catalogue
from lapel.wire.custody import ActorKind, Leaf, ObjectKind


@dataclass(frozen=True, slots=True)
class Told:
    """One act for a page."""

    number: int
    time_ms: int
    icon: str
    title: str
    detail: str
    action: str
    target: str
    target_kind: int


def _by(texts: Mapping[int, str], words: Catalogue) -> str:
    _ = words.gettext
    name, role = texts.get(1, ""), texts.get(2, "")
    if not name:
        return _("The name was erased.")
    if role and role.casefold() != name.casefold():
        return _("By %(name)s, then %(role)s.") % {"name": name, "role": role}
    return _("By %(name)s.") % {"name": name}


def _changed(texts: Mapping[int, str], words: Catalogue) -> str:
    _ = words.gettext
    was = texts.get(4, "") or _("none")
    return f"{_by(texts, words)} " + _("Was: %(was)s.") % {"was": was}


def _by_if_any(texts: Mapping[int, str], words: Catalogue) -> str:
    return _by(texts, words) if texts.get(1) else ""


def _held(texts: Mapping[int, str], words: Catalogue) -> str:
    _ = words.gettext
    said = _by(texts, words)
    if texts.get(4):
        said += " " + _("It was with %(was)s.") % {"was": texts[4]}
    if texts.get(5):
        said += " " + _("Why: %(why)s.") % {"why": texts[5].rstrip(".")}
    return said


def _looked(texts: Mapping[int, str], words: Catalogue) -> str:
    _ = words.gettext
    said = _by(texts, words)
    if texts.get(5):
        said += " " + _("Why: %(why)s.") % {"why": texts[5].rstrip(".")}
    return said


def _why(texts: Mapping[int, str], words: Catalogue) -> str:
    _ = words.gettext
    why = _("Why: %(why)s.") % {"why": texts.get(5, "").rstrip(".")}
    return f"{_changed(texts, words)} {why}"


def _set(texts: Mapping[int, str], words: Catalogue) -> str:
    said = [_by(texts, words), texts.get(3, ""), texts.get(4, "")]
    return " ".join(f"{one.rstrip('.')}." for one in said if one)


def _given(_texts: Mapping[int, str], words: Catalogue) -> str:
    return words.gettext(
        "Every part was opened and checked; length and SHA-256 equal what the camera "
        "signed. The receipt was given."
    )


def _after_receipt(_texts: Mapping[int, str], words: Catalogue) -> str:
    return words.gettext("After it had checked the receipt.")


def _reason(texts: Mapping[int, str], _words: Catalogue) -> str:
    return texts.get(4, "") or texts.get(3, "")


def _said(texts: Mapping[int, str], _words: Catalogue) -> str:
    return "; ".join(texts[key] for key in (3, 4, 5) if texts.get(key))


def _nothing(_texts: Mapping[int, str], _words: Catalogue) -> str:
    return ""


Detail = Callable[[Mapping[int, str], Catalogue], str]


def _known(words: Catalogue) -> dict[str, tuple[str, str, Detail]]:
    _ = words.gettext
    return {
        Action.RECEIVED: ("check", _("Arrived, checked, receipt given"), _given),
        Action.ERASED_ON_CAMERA: (
            "camera",
            _("Camera erased its own copy"),
            _after_receipt,
        ),
        Action.SEARCHED: ("search", _("Searched for: %(3)s"), _by),
        Action.VIEWED: ("eye", _("Page opened"), _looked),
        Action.WATCHED: ("play", _("Watched"), _looked),
        Action.DOWNLOADED: ("download", _("Recording downloaded"), _looked),
        Action.EXPORTED: ("download", _("Exported by the operator"), _nothing),
        Action.PACKAGED: ("download", _("Proof package made"), _looked),
        Action.TITLE_SET: ("tag", _("Title set: %(3)s"), _changed),
        Action.CATEGORY_SET: ("tag", _("Category set: %(3)s"), _changed),
        Action.ID_SET: ("tag", _("ID set: %(3)s"), _changed),
        Action.GUARD_SET: ("lock", _("Guard set: %(3)s"), _why),
        Action.ACCESS_SET: ("people", _("People named on it: %(3)s"), _why),
        Action.ANNOTATED: ("tag", _("Annotated by the wearer"), _said),
        Action.CUSTODY_VIEWED: ("log", _("Custody looked at"), _looked),
        Action.CUSTODY_EXPORTED: ("download", _("Custody taken out"), _looked),
        Action.HELD: ("lock", _("Held aside"), _reason),
        Action.RELEASED: ("check", _("Released"), _by),
        Action.REJECTED: ("close", _("Refused for good"), _by),
        Action.OBJECT_BAD: ("s-bad", _("The stored file changed"), _reason),
        Action.SIGNED_IN: ("key", _("Signed in"), _by),
        Action.SIGNED_OUT: ("key", _("Signed out"), _by),
        Action.SIGN_IN_REFUSED: ("key", _("Sign-in refused"), _nothing),
        Action.LOCKED: ("lock", _("Account rests after failed tries"), _nothing),
        Action.FACTOR_SET: ("phone", _("Second factor set"), _by),
        Action.FACTOR_REMOVED: ("close", _("Second factor removed"), _by),
        Action.CODES_MADE: ("key", _("New recovery codes made"), _by),
        Action.CODE_USED: ("key", _("Recovery code used; left: %(3)s"), _by),
        Action.PASSKEY_ADDED: ("key", _("Passkey added: %(3)s"), _by),
        Action.PASSKEY_REMOVED: ("close", _("Passkey removed: %(3)s"), _by),
        Action.PASSKEY_REFUSED: (
            "s-bad",
            _("Passkey refused, perhaps a copy: %(3)s"),
            _by,
        ),
        Action.RENEWED: ("key", _("Password changed"), _by),
        Action.PROVED: ("key", _("Proved anew who they are"), _by),
        Action.SESSIONS_ENDED: ("close", _("Sessions ended: %(3)s"), _by),
        Action.ACCOUNT_CLOSED: ("close", _("Account closed"), _by),
        Action.ACCOUNT_UNUSED: ("close", _("Account closed: long unused"), _nothing),
        Action.ENTRY_SET: ("key", _("Rules for signing in set: %(3)s"), _changed),
        Action.PROVIDER_SET: ("key", _("Provider of sign-ins set: %(3)s"), _changed),
        Action.BOUND: ("key", _("Bound to %(3)s"), _by),
        Action.UNBOUND: ("close", _("Not bound to %(3)s any more"), _by),
        Action.ACCOUNT_OPENED: ("people", _("Account opened again"), _by),
        Action.INVITED: ("people", _("Invited as %(3)s"), _by),
        Action.RENAMED: ("people", _("Name changed: %(3)s"), _changed),
        Action.ROLES_SET: ("people", _("Roles set: %(3)s"), _changed),
        Action.GROUPS_SET: ("people", _("Groups set: %(3)s"), _changed),
        Action.ROLE_MADE: ("key", _("Role made, with %(3)s"), _by),
        Action.ROLE_CHANGED: ("key", _("Role changed to %(3)s"), _changed),
        Action.ROLE_REMOVED: ("close", _("Role removed"), _by),
        Action.GROUP_MADE: ("people", _("Group made, with %(3)s"), _by),
        Action.GROUP_CHANGED: ("people", _("Group changed: %(3)s"), _changed),
        Action.GROUP_REMOVED: ("close", _("Group removed"), _by),
        Action.CLIENT_MADE: ("key", _("Program let in: %(3)s"), _by),
        Action.CLIENT_RENEWED: ("key", _("New secret for a program"), _by),
        Action.CLIENT_ENDED: ("close", _("Program ended"), _by),
        Action.ENROLLED: ("key", _("Password set"), _by),
        Action.LINK_MADE: ("key", _("One-time link made"), _by),
        Action.ADOPTED: ("dock", _("Adopted"), _nothing),
        Action.CODE_MADE: ("dock", _("Machine code made"), _nothing),
        Action.DEVICE_REGISTERED: ("plus", _("Registered: %(3)s"), _by),
        Action.DEVICE_NAMED: ("tag", _("Name set: %(3)s"), _changed),
        Action.NETWORK_SET: ("radio", _("Network set: %(3)s"), _changed),
        Action.NETWORK_SHOWN: ("eye", _("Passphrase shown of network %(3)s"), _by),
        Action.ACCESSORY_PLACED: ("sliders", _("In vehicle: %(3)s"), _changed),
        Action.DEVICES_MADE: ("plus", _("Group of devices made, with %(3)s"), _by),
        Action.DEVICES_CHANGED: (
            "tag",
            _("Group of devices changed: %(3)s"),
            _changed,
        ),
        Action.DEVICES_REMOVED: ("close", _("Group of devices removed"), _by),
        Action.DEVICE_ASSIGNED: ("people", _("Given to: %(3)s"), _held),
        Action.DEVICE_RETURNED: ("people", _("Taken back"), _held),
        Action.DEVICE_LOST: ("s-bad", _("Said to be lost"), _held),
        Action.DEVICE_FOUND: ("s-warn", _("Found again"), _held),
        Action.DEVICE_CLEARED: ("s-good", _("Said to have been with nobody"), _held),
        Action.DEVICE_RELEASED: ("close", _("Released: ours no longer"), _held),
        Action.RELEASE_GIVEN: ("close", _("Release handed to its dock"), _nothing),
        Action.REVOKED: ("close", _("Its certificates count no longer"), _by_if_any),
        Action.CAMERA_GIVEN: ("camera", _("Was given %(3)s"), _by),
        Action.CAMERA_TAKEN: ("camera", _("Gave back %(3)s"), _by),
        Action.VOUCHER_GIVEN: ("camera", _("Voucher given"), _nothing),
        Action.VOUCHER_ADDED: ("camera", _("Voucher added"), _nothing),
        Action.POLICY_SET: ("sliders", _("Settings of cameras changed"), _set),
        Action.SETTINGS_MADE: ("sliders", _("Settings signed"), _nothing),
        Action.APP_GRANTED: ("phone", _("Grant given to an app"), _by),
        Action.APP_REVOKED: ("close", _("App taken out of use"), _by),
        Action.JOURNAL_RECEIVED: ("log", _("Journal taken in"), _nothing),
        Action.JOURNAL_GAP: ("s-warn", _("Journal: entries are missing"), _nothing),
        Action.JOURNAL_FORK: ("s-bad", _("Journal: two histories"), _nothing),
        Action.WITNESS_ADDED: ("eye", _("Witness of the log added"), _nothing),
        Action.WITNESS_REMOVED: ("close", _("Witness of the log removed"), _nothing),
        Action.TENANT_MADE: ("home", _("Agency set up"), _nothing),
        Action.KEY_MADE: ("key", _("Evidence key made"), _nothing),
        Action.KEY_RETIRED: ("key", _("Evidence key retired"), _nothing),
    }


def tell(logged: Logged, words: Catalogue) -> Told:
    """Put one act into words."""
    known = _known(words).get(logged.action)
    texts = dict(logged.texts)
    if known is None:
        known = ("s-info", logged.action, _nothing)
    icon, title, detail = known
    if "%(3)s" in title:
        title %= {"3": texts.get(3, "") or words.gettext("none")}
    said = detail(texts, words)
    if texts.get(0):
        said += " " + words.gettext("From %(address)s.") % {"address": texts[0]}
    if logged.veiled:
        said = words.gettext("Of a recording that you may not see.")
    if logged.actor.kind is ActorKind.DEVICE and not said:
        said = words.gettext("By %(name)s.") % {"name": logged.actor.name}
    return Told(
        logged.number,
        logged.time_ms,
        icon,
        title,
        said.strip(),
        logged.action,
        _target(logged, texts),
        int(logged.target.kind),
    )


def _target(logged: Logged, texts: Mapping[int, str]) -> str:
    if logged.target.kind is ObjectKind.USER:
        return texts.get(5, "") or texts.get(1, "") or logged.target.name
    if logged.target.kind is ObjectKind.OTHER:
        return texts.get(5, "") or logged.target.name
    return logged.target.name


def leaf_of(logged: Logged) -> Leaf:
    """Read the leaf as it was signed over."""
    return Leaf.decode(logged.leaf)
