"""Bytes that a camera may send: read in JavaScript as in Python, or refused."""

from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import Ended, Send
from lapel.sim.linking import Air, Way
from lapel.wire import cbor
from lapel.wire.control import (
    Annotation,
    CameraMode,
    Listed,
    Position,
    Recordings,
    RecordingsBefore,
    SettingsChange,
    Source,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.fragments import split
from lapel.wire.grant import Grant, GrantRole
from lapel.wire.port import Answer, Code, Request
from lapel.wire.settings import Permitted
from tests.protocol.linked import BARE_CAMERA, BARE_VIEW, CAMERA, VIEW
from tests.view.scripted import Engine

Plain: TypeAlias = "int | bytes | str | bool | list[Plain] | dict[int, Plain] | None"
LISTED = Listed(b"r" * 16, 7, 9, ClockQuality.RTC, 61_000, True, "a", None, "b")
DOCUMENTS: list[Document] = [
    State(CameraMode.EVENT, 80, 50, True, False, b"r" * 16, 9, 3, ClockQuality.RTC),
    State(CameraMode.BUFFERING, 1, 2, False, True, None, 0, 300, ClockQuality.UNSET),
    WearerSettings(2, True, False, True, (Permitted.VOLUME,), ("a", "b c"), True),
    SettingsChange(3, None, True, None),
    RecordingsBefore(None),
    LISTED,
    Recordings((LISTED,), True),
    Annotation(b"r" * 16, "a", None, "b", Position(5, 6, Source.PHONE, 7)),
    Request(3, 5, {1: b"x"}),
    Answer(3, Code.NOT_PERMITTED, {1: "category"}),
    Grant(CAMERA.static.point, GrantRole.CAMERA, "X1", None, 5, "north"),
]
VALUES: st.SearchStrategy[Plain] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.binary(max_size=20) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.integers(0, 1 << 40), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def in_script(engine: Engine, act: str, data: bytes, form: str = "") -> bytes | None:
    (found,) = engine.do(act=act, data=data.hex(), form=form)["outputs"]
    return None if found is None else bytes.fromhex(found)


@given(VALUES)
def test_every_value_is_written_the_same(engine: Engine, value: Plain) -> None:
    data = cbor.encode(value)
    assert in_script(engine, "cbor", data) == data


@given(st.binary(max_size=40))
def test_any_bytes_are_one_value_in_both_or_in_none(
    engine: Engine, data: bytes
) -> None:
    try:
        ours: bytes | None = cbor.encode(cbor.decode(data))
    except MalformedError:
        ours = None
    assert in_script(engine, "cbor", data) == ours


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_is_read_the_same(engine: Engine, document: Document) -> None:
    data = document.encode()
    assert in_script(engine, "document", data, type(document).__name__) == data


@given(st.sampled_from(DOCUMENTS), st.data())
def test_a_changed_document_is_read_no_looser(
    engine: Engine, document: Document, data: st.DataObject
) -> None:
    changed = bytearray(document.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    found = in_script(engine, "document", bytes(changed), type(document).__name__)
    if found is not None:
        assert found == changed
        assert type(document).decode(bytes(changed)).encode() == found


@given(
    st.sampled_from(["HELLO", "SECOND", "COMMITTED", "NONCE"]), st.binary(max_size=200)
)
def test_whatever_a_camera_says_ends_the_link_at_most(
    engine: Engine, state: str, said: bytes
) -> None:
    """A hostile camera: an honest one up to some state, then any message."""
    air = Air(CAMERA)
    air.chord()
    number = list(AppState).index(AppState[state])

    def meddle(way: Way, at: int, message: bytes) -> list[bytes]:
        if way is Way.DOWN and at == number:
            return [said] if said else []
        return [message]

    call = air.call(engine.app(VIEW, Wish()), meddle)
    if said:
        assert len(call.said(Ended)) == 1
        assert call.app.state is AppState.OVER
        assert call.app.value(b"\xc0\x00", air.now) == []


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_any_values_at_the_beginning_end_the_link_or_wait(
    engine: Engine, values: list[bytes]
) -> None:
    air = Air(BARE_CAMERA)
    app = engine.app(BARE_VIEW, Wish())
    app.start(air.now)
    for value in values:
        outputs = app.value(value, air.now)
        assert all(not isinstance(one, Send) for one in outputs)
    hello = list(split(b"\x01" + bytes(15), 23))
    if app.state is AppState.HELLO and not values:
        assert app.value(hello[0], air.now)
