"""Use cases of layers: for the agency, a role, people or devices; looked at first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence.custody.model import Action, Who
from lapel.evidence.devices import service as devices
from lapel.evidence.devices.model import Device, Kind
from lapel.evidence.people.office import Office, Told
from lapel.evidence.settings import choices, layers_table, scopes
from lapel.evidence.settings.choices import AGENCY, Choices, Difference, Layer
from lapel.wire.custody import ObjectKind

WHY_MOST: Final = 500
HISTORY_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """One version of a layer: by whom, when and why it was saved."""

    layer: Layer
    removed: bool
    by: str
    why: str
    saved_ms: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Choices for a scope that were begun at `version`; None removes the layer."""

    scope: str
    version: int
    choices: Choices | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one camera."""

    device: Device
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Layers(Office):
    """The layers of one tenant."""

    def everything(self) -> list[Saved]:
        """Give every layer that counts, in the order in which they lie."""
        with self.database.read() as connection:
            return in_force(connection, self.tenant)

    def scopes(self) -> dict[str, str]:
        """Name every scope that can have a layer."""
        with self.database.read() as connection:
            return scopes.names(connection, self.tenant)

    def history(self, scope: str) -> list[Saved]:
        """Give what was saved for a scope, the newest first."""
        with self.database.read() as connection:
            rows = layers_table.history(connection, self.tenant, scope, HISTORY_MOST)
        return [_saved(row) for row in rows]

    def preview(self, wanted: Wanted) -> list[Effect]:
        """Say what a change does, camera by camera; those without effect are left out.

        Raises NotFoundError and ConflictError as `save` does.
        """
        with self.database.read() as connection:
            before, after, _ = self._change(connection, wanted)
            cameras = devices.listed(connection, self.tenant)
            belonging = scopes.belonging(connection, self.tenant)
        effects: list[Effect] = []
        for one in cameras:
            if one.kind is not Kind.CAMERA or not one.serves:
                continue
            mine = belonging(one)
            was, will = (
                choices.all_of(choices.layered(choices.that_apply(x, mine)).policy)
                for x in (before, after)
            )
            differing = choices.differences(was, will)
            if differing:
                effects.append(Effect(one, differing))
        return effects

    def save(self, wanted: Wanted, who: Who) -> None:
        """Keep choices for a scope, or remove its layer, and log what changed.

        Raises NotFoundError for an unknown scope, ConflictError when somebody saved
        meanwhile, RefusedError `why`, or `agency` for removing that one.
        """
        why = " ".join(wanted.why.split())
        if len(why) > WHY_MOST:
            raise RefusedError("why", f"a reason has {WHY_MOST} characters at most")
        with self.database.write() as connection:
            before, _, rank = self._change(connection, wanted)
            known = {one.scope: one for one in before}.get(wanted.scope)
            old: Choices = known.choices if known else {}
            new = wanted.choices
            if known is not None and new is not None and dict(old) == dict(new):
                return
            begun = choices.beginning(wanted.scope)
            differing = choices.differences({**begun, **old}, {**begun, **(new or {})})
            values: dict[str, object] = {
                "tenant": self.tenant,
                "scope": wanted.scope,
                "version": wanted.version + 1,
                "rank": rank,
                "choices": msgspec.json.encode(dict(new or {})),
                "removed": int(new is None),
                "by": who.shown,
                "why": why,
                "now": self.clock.utc_ms(),
            }
            if not layers_table.add(connection, values):
                raise ConflictError("somebody else saved these settings meanwhile")
            name = scopes.names(connection, self.tenant)[wanted.scope]
            said = choices.told(differing) or "nothing"
            if new is None:
                said = f"removed; {said}"
            texts = {3: said, 4: why, 5: name}
            kept = {key: text for key, text in texts.items() if text}
            told = Told(ObjectKind.OTHER, f"policy/{wanted.scope}", kept)
            self.log(connection, who, Action.POLICY_SET, told)

    def _change(
        self, connection: Connection, wanted: Wanted
    ) -> tuple[list[Layer], list[Layer], int]:
        """Give the layers before and after a change, and the rank of the new one."""
        if wanted.scope not in scopes.names(connection, self.tenant):
            raise NotFoundError("there is no such role or group")
        if wanted.scope == AGENCY and wanted.choices is None:
            raise RefusedError("agency", "the agency's own settings cannot be removed")
        rows = [_saved(row) for row in layers_table.newest(connection, self.tenant)]
        newest = {one.layer.scope: one for one in rows}
        found = newest.get(wanted.scope)
        if (found.layer.version if found else 0) != wanted.version:
            raise ConflictError("somebody else saved these settings meanwhile")
        before = [one.layer for one in rows if not one.removed]
        if found is not None and not found.removed:
            rank = found.layer.rank
        else:
            rank = 1 + max((one.layer.rank for one in rows), default=0)
        others = [one for one in before if one.scope != wanted.scope]
        if wanted.choices is None:
            return before, others, rank
        new = Layer(wanted.scope, wanted.version + 1, rank, wanted.choices)
        return before, [*others, new], rank


def agency_choices(connection: Connection, tenant: str) -> tuple[int, Choices]:
    """Give version and choices of the agency's own layer."""
    for one in in_force(connection, tenant):
        if one.layer.scope == AGENCY:
            return one.layer.version, one.layer.choices
    return 0, {}


def policy_for(
    connection: Connection, tenant: str, device: Device | None
) -> choices.Layered:
    """Give what counts for a camera: for whoever has it, and for its groups.

    A camera that is ours and not in service, such as a lost one, keeps its radio off.
    """
    mine = scopes.belonging(connection, tenant)(device) if device else frozenset[str]()
    known = [one.layer for one in in_force(connection, tenant)]
    found = choices.layered(choices.that_apply(known, mine))
    if device is None or device.serves:
        return found
    off = msgspec.structs.replace(found.policy, bluetooth=False, wifi=False)
    return choices.Layered(off, found.origin)


def read_kept(raw: bytes) -> Choices:
    """Read choices as they were kept; what this version does not know is left out."""
    kept: Mapping[str, object] = msgspec.json.decode(raw, type=dict[str, object])
    known = {name: one for name, one in kept.items() if name in choices.BY_NAME}
    return choices.read(known)


def in_force(connection: Connection, tenant: str) -> list[Saved]:
    """Give the newest version of each layer that was not removed, in their order."""
    rows = [_saved(row) for row in layers_table.newest(connection, tenant)]
    alive = {one.layer.scope: one for one in rows if not one.removed}
    return [
        alive[one.scope]
        for one in choices.in_order([one.layer for one in alive.values()])
    ]


def _saved(row: RowMapping) -> Saved:
    layer = Layer(
        str(row["scope"]),
        int(row["version"]),
        int(row["rank"]),
        read_kept(bytes(row["choices"])),
    )
    return Saved(
        layer,
        bool(row["removed"]),
        str(row["saved_by"]),
        str(row["why"]),
        int(row["saved_ms"]),
    )
