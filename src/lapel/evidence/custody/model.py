"""What stands in the custody log, before it becomes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lapel.wire.cbor import Value
from lapel.wire.custody import ActorKind, ObjectKind


class Action(StrEnum):
    """Every act that is logged. The words are stable and never translated."""

    TENANT_MADE = "tenant.made"
    KEY_MADE = "key.made"
    KEY_RETIRED = "key.retired"
    RECEIVED = "recording.received"
    HELD = "recording.held"
    RELEASED = "recording.released"
    REJECTED = "recording.rejected"
    SEARCHED = "recordings.searched"
    VIEWED = "recording.viewed"
    WATCHED = "recording.watched"
    DOWNLOADED = "recording.downloaded"
    PACKAGED = "recording.packaged"
    EXPORTED = "recording.exported"
    TITLE_SET = "recording.title-set"
    CATEGORY_SET = "recording.category-set"
    ID_SET = "recording.id-set"
    GUARD_SET = "recording.guard-set"
    ACCESS_SET = "recording.access-set"
    ANNOTATED = "recording.annotated"
    OBJECT_BAD = "recording.object-changed"
    ERASED_ON_CAMERA = "recording.erased-on-camera"
    CUSTODY_VIEWED = "custody.viewed"
    CUSTODY_EXPORTED = "custody.exported"
    ENROLLED = "user.enrolled"
    LINK_MADE = "user.link-made"
    SIGNED_IN = "user.signed-in"
    SIGN_IN_REFUSED = "user.sign-in-refused"
    SIGNED_OUT = "user.signed-out"
    LOCKED = "user.locked"
    FACTOR_SET = "user.second-factor-set"
    FACTOR_REMOVED = "user.second-factor-removed"
    CODES_MADE = "user.recovery-codes-made"
    CODE_USED = "user.recovery-code-used"
    PASSKEY_ADDED = "user.passkey-added"
    PASSKEY_REMOVED = "user.passkey-removed"
    PASSKEY_REFUSED = "user.passkey-refused"
    RENEWED = "user.password-changed"
    PROVED = "user.proved"
    SESSIONS_ENDED = "user.sessions-ended"
    ACCOUNT_CLOSED = "user.closed"
    ACCOUNT_UNUSED = "user.closed-unused"
    ACCOUNT_OPENED = "user.opened"
    INVITED = "user.invited"
    RENAMED = "user.renamed"
    ROLES_SET = "user.roles-set"
    GROUPS_SET = "user.groups-set"
    ENTRY_SET = "sign-in.rules-set"
    PROVIDER_SET = "sign-in.provider-set"
    BOUND = "user.provider-bound"
    UNBOUND = "user.provider-unbound"
    ROLE_MADE = "role.made"
    ROLE_CHANGED = "role.changed"
    ROLE_REMOVED = "role.removed"
    GROUP_MADE = "group.made"
    GROUP_CHANGED = "group.changed"
    GROUP_REMOVED = "group.removed"
    CLIENT_MADE = "client.made"
    CLIENT_RENEWED = "client.secret-made"
    CLIENT_ENDED = "client.ended"
    CODE_MADE = "device.code-made"
    VOUCHER_ADDED = "device.voucher-added"
    VOUCHER_GIVEN = "device.voucher-given"
    ADOPTED = "device.adopted"
    DEVICE_REGISTERED = "device.registered"
    DEVICE_NAMED = "device.named"
    NETWORK_SET = "vehicle.network-set"
    NETWORK_SHOWN = "vehicle.network-shown"
    ACCESSORY_PLACED = "accessory.placed"
    DEVICES_MADE = "device-group.made"
    DEVICES_CHANGED = "device-group.changed"
    DEVICES_REMOVED = "device-group.removed"
    DEVICE_ASSIGNED = "device.assigned"
    DEVICE_RETURNED = "device.returned"
    DEVICE_LOST = "device.lost"
    DEVICE_FOUND = "device.found"
    DEVICE_CLEARED = "device.cleared"
    DEVICE_RELEASED = "device.released"
    RELEASE_GIVEN = "device.release-given"
    REVOKED = "device.certificates-revoked"
    CAMERA_GIVEN = "user.camera-given"
    CAMERA_TAKEN = "user.camera-taken"
    SETTINGS_MADE = "device.settings-made"
    POLICY_SET = "settings.policy-set"
    APP_GRANTED = "app.granted"
    APP_REVOKED = "app.revoked"
    WITNESS_ADDED = "witness.added"
    WITNESS_REMOVED = "witness.removed"
    JOURNAL_RECEIVED = "journal.received"
    JOURNAL_GAP = "journal.gap"
    JOURNAL_FORK = "journal.fork"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, by kind and name."""

    kind: ActorKind
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """On what, by kind and name (a recording by its UUID)."""

    kind: ObjectKind
    name: str


@dataclass(frozen=True, slots=True)
class Who:
    """A person who acts, as they are called on that day, and from where."""

    actor: Actor
    shown: str
    role: str
    address: str | None


SYSTEM = Actor(ActorKind.SYSTEM, "evidence")


def _no_detail() -> Mapping[int, Value]:
    return {}


def _no_texts() -> Mapping[int, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `texts` are free text: in the leaf stands their salted hash only."""

    actor: Actor
    action: Action
    target: Target
    detail: Mapping[int, Value] = field(default_factory=_no_detail)
    texts: Mapping[int, str] = field(default_factory=_no_texts)
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """An act as it stands in the log, with the texts that are still known.

    With each text stands its salt: whoever has both can hold them against the leaf.
    """

    number: int
    time_ms: int
    actor: Actor
    action: str
    target: Target
    leaf: bytes
    texts: Mapping[int, str]
    salts: Mapping[int, bytes]
    veiled: bool = False
    """Whether the texts were left out for a reader who may not see what it is of."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint: the tree at `size`, and the signed note that says so."""

    size: int
    root: bytes
    note: str


CLIENT_FIELD = 0
"""The number under which a client address is kept beside the texts."""
