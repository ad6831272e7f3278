"""What cameras should run, held against what they say that they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from lapel.crypto.digest import sha256
from lapel.evidence.devices import service as devices
from lapel.evidence.devices.model import Device, Kind
from lapel.evidence.journals.continuity import running
from lapel.evidence.journals.model import Runs
from lapel.evidence.settings import choices, rules, scopes, table
from lapel.evidence.settings.layers import in_force
from lapel.evidence.settings.rules import Facts


class Answer(StrEnum):
    """How a camera stands to its settings.

    RUNS: what it should. WAITS: what counts for it changed since its last docking.
    DRIFTS: it was in a dock, and runs something else. SILENT: it never said.
    """

    RUNS = "runs"
    WAITS = "waits"
    DRIFTS = "drifts"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Line:
    """One camera: what it was given last, what it says, and since when."""

    device: Device
    answer: Answer
    given: int | None
    runs: Runs | None


@dataclass(frozen=True, slots=True)
class Given:
    """The document that was signed last for a camera: version, hash, and for what."""

    version: int
    hash: bytes
    content: bytes


def judge(wanted: bytes, given: Given | None, runs: Runs | None) -> Answer:
    """Say how a camera stands; `wanted` is the content that counts for it now."""
    if runs is None or runs.version is None:
        return Answer.SILENT
    if given is None or runs.hash != given.hash:
        return Answer.DRIFTS
    return Answer.RUNS if given.content == wanted else Answer.WAITS


def lines(connection: Connection, tenant: str, facts: Facts) -> list[Line]:
    """Judge every camera in service, in the order of their serials."""
    layers = [one.layer for one in in_force(connection, tenant)]
    belonging = scopes.belonging(connection, tenant)
    said = running(connection, tenant)
    given = _given(table.newest(connection, tenant))
    found: list[Line] = []
    for one in devices.listed(connection, tenant):
        if one.kind is not Kind.CAMERA or not one.serves:
            continue
        policy = choices.layered(choices.that_apply(layers, belonging(one))).policy
        wanted = rules.expand(policy, facts, one.serial, 0).encode()
        known, runs = given.get(one.serial), said.get(one.serial)
        answer = judge(wanted, known, runs)
        found.append(Line(one, answer, known.version if known else None, runs))
    return found


def _given(rows: Mapping[str, tuple[int, bytes, bytes]]) -> dict[str, Given]:
    return {
        serial: Given(version, sha256(document), content)
        for serial, (version, content, document) in rows.items()
    }
