"""What a host may ask on the port, and the answers (formats 7).

`answer` decides in this order: 1. the request has the right shape, 2. the verb is
known, 3. this peer may ask it, 4. the camera's state allows it, 5. its arguments are
right. Anything else is a typed refusal and changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lapel.base import faults
from lapel.base.clock import ClockQuality
from lapel.base.errors import (
    BusyError,
    LapelError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from lapel.camera import adoption, settling
from lapel.camera.body import Camera
from lapel.camera.identity import Owner
from lapel.crypto.certs import Role, Validity
from lapel.crypto.cose import check
from lapel.crypto.keys import PublicKey
from lapel.protocol.modes import State
from lapel.wire.adoption import Adopted
from lapel.wire.cbor import Value
from lapel.wire.journal import EntryKind
from lapel.wire.port import (
    CLOCK_UNSET,
    JOURNAL_MOST,
    READ_MOST,
    UNOWNED,
    VERSION,
    VIEW_XL,
    Answer,
    Code,
    Request,
    Verb,
)
from lapel.wire.time import SignedTime

TIME_WITHIN_MS: Final = 2000
"""How long a server's time is taken after its nonce was given."""

REFUSALS_NOTED: Final = 8
"""Refusals of one connection that the journal takes; a host cannot fill it."""

Arguments = Mapping[int, Value]
Result = dict[int, Value]


@dataclass(slots=True)
class Visit:
    """One connection: who asks, of which owner, and the nonce given to it.

    What a host may do hangs on the ownership under which it was let in: it ends when
    the camera is adopted or released, whoever did that.
    """

    owner: Owner | None = None
    role: Role | None = None
    serial: str = ""
    validity: Validity | None = None
    nonce: bytes = b""
    nonce_mono_ms: int = 0
    refused: int = 0


class WrongStateError(RefusedError):
    """Not now: the camera's mode or ownership does not allow it."""

    code = "wrong-state"


_CODES: Final[tuple[tuple[type[LapelError], Code], ...]] = (
    (MalformedError, Code.MALFORMED),
    (NotFoundError, Code.NOT_FOUND),
    (BusyError, Code.BUSY),
    (WrongStateError, Code.WRONG_STATE),
)


def answer(camera: Camera, visit: Visit, message: bytes) -> Answer:
    """Answer one request; raises `MalformedError` where it has no number to answer."""
    request = Request.decode(message)
    try:
        with camera.lock:
            refused = permitted(camera, visit, request.verb)
            if refused is not None:
                return Answer(request.number, refused)
            act = _ACTS[Verb(request.verb)]
            result = act(camera, visit, request.arguments)
    except LapelError as error:
        code = next(
            (c for kind, c in _CODES if isinstance(error, kind)), Code.NOT_PERMITTED
        )
        if isinstance(error, RefusedError) and error.reason == "wrong-state":
            code = Code.WRONG_STATE
        if visit.refused < REFUSALS_NOTED:
            camera.note(EntryKind.REFUSAL, {1: str(error)[:200], 2: request.verb})
        visit.refused += 1
        return Answer(request.number, code, {1: str(error)[:200]})
    return Answer(request.number, Code.DONE, result)


def permitted(camera: Camera, visit: Visit, number: int) -> Code | None:
    """Give the refusal of a verb for this peer in this state; None where it may."""
    if number not in {int(verb) for verb in Verb}:
        return Code.UNKNOWN_VERB
    verb = Verb(number)
    if camera.papers.owner is not visit.owner:
        return Code.NOT_PERMITTED
    if camera.papers.owner is None:
        return None if verb in UNOWNED else Code.NOT_PERMITTED
    if visit.role is Role.VIEW_XL and verb not in VIEW_XL:
        return Code.NOT_PERMITTED
    if verb not in _ACTS:
        return Code.NOT_PERMITTED
    unset = camera.time.quality is ClockQuality.UNSET
    return Code.CLOCK_UNSET if unset and verb not in CLOCK_UNSET else None


def _take(arguments: Arguments, key: int, size: int | None = None) -> bytes:
    value = arguments.get(key)
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise MalformedError(f"argument {key} is missing or wrong")
    return value


def _number(arguments: Arguments, key: int) -> int:
    value = arguments.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedError(f"argument {key} is missing or wrong")
    return value


def _only(arguments: Arguments, *keys: int) -> None:
    if set(arguments) != set(keys):
        raise MalformedError("arguments that this verb does not have, or too few")


def _hello(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments)
    papers, seen = camera.papers, settling.newest_checkpoint(camera)
    return {
        1: papers.identity.serial,
        2: papers.identity.model,
        3: camera.board.firmware,
        4: papers.owner is not None,
        5: papers.nonce,
        6: papers.owner.tenant if papers.owner else None,
        7: int(camera.time.quality),
        8: VERSION,
        9: camera.state.mode,
        10: seen[1] if seen else None,
    }


def _catalogue(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments)
    return {1: tuple(settling.catalogue(camera))}


def _read(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments, 1, 2, 3)
    recording, offset = _take(arguments, 1, 16), _number(arguments, 2)
    size = _number(arguments, 3)
    if not 0 < size <= READ_MOST:
        raise MalformedError("a read of a wrong size")
    kept = camera.store.find(recording)
    if kept.closing is None:
        raise BusyError("this recording is being closed; ask again later")
    if offset > kept.length:
        raise MalformedError("a read behind the end")
    return {1: camera.board.files.read(kept.name, offset, size)}


def _envelope(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments, 1)
    recording = _take(arguments, 1, 16)
    kept = camera.store.find(recording)
    return {1: camera.store.companion(recording, ".envelope"), 2: kept.closing}


def _journal(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments, 1)
    since = _number(arguments, 1)
    entries, more = camera.journal.since(since, JOURNAL_MOST)
    return {1: tuple(entries), 2: more}


def _receipt(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments, 1)
    return {1: tuple(settling.take_receipt(camera, _take(arguments, 1)))}


def _settings(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    owner, rulebook = camera.papers.owner, camera.rulebook
    if arguments:
        _only(arguments, 1)
        if camera.state is State.EVENT or owner is None:
            raise WrongStateError("mode", "settings are never changed in EVENT")
        raw = _take(arguments, 1)
        key = PublicKey.from_point(owner.settings_key)
        target = (camera.papers.identity.serial, owner.tenant)
        signed = rulebook.check(raw, key, target, camera.time.now())
        if signed.hash != rulebook.hash:
            rulebook.follow(raw, signed)
            camera.obey_wearer()
            applied: Result = {1: rulebook.version, 2: rulebook.hash}
            camera.note(EntryKind.SETTINGS, applied)
    return {1: rulebook.version, 2: rulebook.hash}


def _time(camera: Camera, visit: Visit, arguments: Arguments) -> Result:
    now = camera.time.now()
    if not arguments:
        visit.nonce, visit.nonce_mono_ms = camera.board.entropy(16), now.mono_ms
        return {1: visit.nonce}
    if 1 in arguments:
        _only(arguments, 1)
        utc_ms = _server_time(camera, visit, _take(arguments, 1), now.mono_ms)
        quality = ClockQuality.SERVER
    else:
        _only(arguments, 2)
        utc_ms = max(_number(arguments, 2), camera.journal.last_utc_ms)
        quality = ClockQuality.DOCK
        if visit.validity is not None and not visit.validity.holds(utc_ms):
            # A clock that runs far ahead would turn every host away for good.
            raise RefusedError("time", "a time outside the host's own certificate")
        if now.quality is ClockQuality.SERVER:
            return {1: int(now.quality)}
    step = camera.time.set(utc_ms, quality)
    camera.note(EntryKind.CLOCK, {1: int(quality), 2: step})
    return {1: int(quality)}


def _server_time(camera: Camera, visit: Visit, raw: bytes, mono_ms: int) -> int:
    """Read signed time: by the tenant's key, for our nonce, within two seconds."""
    owner = camera.papers.owner
    nonce, visit.nonce = visit.nonce, b""
    if owner is None or not nonce:
        raise WrongStateError("nonce", "no nonce was asked for")
    key = PublicKey.from_point(owner.settings_key)
    try:
        told = SignedTime.decode(check("time", raw, key))
    except LapelError as error:
        raise RefusedError("time", str(error)) from error
    if told.nonce != nonce or mono_ms - visit.nonce_mono_ms > TIME_WITHIN_MS:
        raise RefusedError("time", "signed time for another nonce, or too late")
    return told.utc_ms


def _charge(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments)
    return {1: max(0, camera.battery), 2: camera.state.docked}


def _adopt(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    if set(arguments) == {1}:
        return adoption.take_voucher(camera, _take(arguments, 1)).items()
    adopted = Adopted.of(arguments)
    adoption.take_credentials(camera, adopted)
    faults.point("camera.adopt.done")
    return {1: True}


def _release(camera: Camera, _visit: Visit, arguments: Arguments) -> Result:
    _only(arguments, 1)
    adoption.take_release(camera, _take(arguments, 1))
    return {1: True}


_ACTS: Final[Mapping[Verb, Callable[[Camera, Visit, Arguments], Result]]] = {
    Verb.HELLO: _hello,
    Verb.CATALOGUE: _catalogue,
    Verb.READ: _read,
    Verb.ENVELOPE: _envelope,
    Verb.JOURNAL: _journal,
    Verb.RECEIPT: _receipt,
    Verb.SETTINGS: _settings,
    Verb.TIME: _time,
    Verb.CHARGE: _charge,
    Verb.ADOPT: _adopt,
    Verb.RELEASE: _release,
}
