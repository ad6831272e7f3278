"""The port's parser and state machine: every verb in every state, with any content."""

from dataclasses import dataclass
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.camera.verbs import Visit, answer, permitted
from lapel.crypto.certs import Role
from lapel.crypto.digest import sha256
from lapel.sim.live import LiveCamera
from lapel.sim.tenant import Agency
from lapel.wire.cbor import Value
from lapel.wire.port import (
    CLOCK_UNSET,
    UNOWNED,
    VIEW_XL,
    Code,
    Request,
    Verb,
    frame_length,
)

STATES = ("unowned", "half adopted", "owned, clock unset", "owned", "recording")
ROLES = (None, Role.DOCK, Role.SYNC, Role.VIEW_XL)
LATER = {Verb.FIRMWARE_OFFER, Verb.FIRMWARE_WRITE, Verb.FIRMWARE_COMMIT}


@dataclass(frozen=True)
class Stage:
    """A camera in one state, and the recording that lies on it."""

    worn: LiveCamera
    recording: bytes

    def visit(self, role: Role | None) -> Visit:
        return Visit(self.worn.camera.papers.owner, role, "DOCK-0001")

    def held(self) -> dict[str, bytes]:
        """What lies on storage, by digest, but for the journal: it notes refusals."""
        held = self.worn.files.held.items()
        return {name: sha256(bytes(data)) for name, data in held if name != "journal"}


@cache
def stage(state: str) -> Stage:
    worn = LiveCamera()
    worn.camera.switch(on=True)
    worn.see(5)
    worn.record(2)
    (kept,) = worn.camera.store.kept()
    worn.dock()
    agency = Agency.found("north", 1_790_000_000_000)
    if state == "half adopted":
        voucher: dict[int, Value] = {1: worn.voucher(agency)}
        assert worn.host().ask(Verb.ADOPT, voucher).code is Code.DONE
    if state not in {"unowned", "half adopted"}:
        worn.adopt(agency)
    if state == "owned, clock unset":
        del worn.files.held["clock"]
        worn = worn.reboot()
    elif state == "recording":
        worn.undock()
        worn.see(5)
        worn.press("event", "event")
        worn.written()
    worn.leave()
    assert worn.camera.papers.nonce
    return Stage(worn, kept.recording)


def expected(state: str, role: Role | None, verb: Verb) -> Code | None:
    """What the format says of a verb, before its arguments are looked at."""
    if state in {"unowned", "half adopted"}:
        return None if verb in UNOWNED else Code.NOT_PERMITTED
    if verb in LATER or (role is Role.VIEW_XL and verb not in VIEW_XL):
        return Code.NOT_PERMITTED
    unset = state == "owned, clock unset"
    return Code.CLOCK_UNSET if unset and verb not in CLOCK_UNSET else None


@pytest.mark.parametrize("state", STATES)
def test_every_verb_in_every_state_is_as_the_format_says(state: str) -> None:
    here = stage(state)
    for role, verb in product(ROLES, Verb):
        found = permitted(here.worn.camera, here.visit(role), verb)
        assert found is expected(state, role, verb), (role, verb)
    for number in (0, 15, 1 << 40):
        code = permitted(here.worn.camera, here.visit(Role.DOCK), number)
        assert code is Code.UNKNOWN_VERB


def values(recording: bytes) -> st.SearchStrategy[Value]:
    plain: st.SearchStrategy[Value] = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 64), (1 << 64) - 1),
        st.sampled_from([0, 1, 4096, 1 << 22, (1 << 22) + 1]),
        st.binary(max_size=80),
        st.text(max_size=8),
        st.sampled_from([recording, recording[:15], bytes(16)]),
    )
    return plain | st.lists(plain, max_size=3).map(tuple)


@pytest.mark.parametrize("state", STATES)
@given(data=st.data())
def test_anything_asked_is_answered_and_what_is_refused_changes_nothing(
    state: str, data: st.DataObject
) -> None:
    here = stage(state)
    verb = data.draw(st.sampled_from([*Verb, *Verb, 0, 15]))
    role = data.draw(st.sampled_from(ROLES))
    keys = st.sampled_from([1, 2, 3, 1, 2, 4, 7])
    drawn = st.dictionaries(keys, values(here.recording), max_size=4)
    arguments = data.draw(drawn)
    camera, before = here.worn.camera, here.held()
    was = (camera.state, camera.papers.owner, camera.time.quality)
    try:
        message = Request(1, verb, arguments).encode()
    except MalformedError:
        return
    reply = answer(camera, here.visit(role), message)
    assert reply.number == 1
    if reply.code is not Code.DONE:
        assert here.held() == before
        assert (camera.state, camera.papers.owner, camera.time.quality) == was
    assert here.recording in camera.store.recordings()


@given(st.binary(max_size=8))
def test_any_head_is_a_length_in_bounds_or_malformed(head: bytes) -> None:
    try:
        assert 0 < frame_length(head) <= (4 << 20) + 1024
    except MalformedError:
        return


@pytest.mark.parametrize("state", STATES)
@given(st.binary(max_size=64))
def test_any_bytes_are_answered_or_malformed_in_any_state(
    state: str, data: bytes
) -> None:
    here = stage(state)
    before = here.held()
    try:
        answer(here.worn.camera, here.visit(Role.DOCK), data)
    except MalformedError:
        assert here.held() == before
