"""Boxes and media times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.wire import port, sealed
from lapel.wire.boxes import Mark, box, children, emsg, read_emsg
from lapel.wire.media import Init, Span, video_span
from tests.golden import media

MEDIA = media()
INIT = Init.parse(MEDIA.init)


def moofs() -> list[bytes]:
    return [
        unit[found.start : found.end]
        for unit in MEDIA.units
        for found in children(unit, 0, len(unit))
        if found.kind == b"moof"
    ]


def test_media_times_are_those_of_the_boxes() -> None:
    spans = [video_span(INIT, moof) for moof in moofs()]
    assert INIT.video.timescale == 10_240
    assert spans == [Span(i * 10_240, (i + 1) * 10_240) for i in range(3)]


@given(st.integers(0, 2), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_fragment_is_refused_or_gives_times(
    which: int, place: int, change: int
) -> None:
    data = bytearray(moofs()[which])
    data[place % len(data)] ^= change
    try:
        span = video_span(INIT, bytes(data))
    except MalformedError:
        return
    assert span is None or span.end > span.start >= 0


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_init_is_refused_or_read(place: int, change: int) -> None:
    data = bytearray(MEDIA.init)
    data[place % len(data)] ^= change
    try:
        Init.parse(bytes(data))
    except MalformedError:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_a_typed_way(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Init.parse(data)
    with pytest.raises(MalformedError):
        read_emsg(data)
    with pytest.raises(MalformedError):
        video_span(INIT, data)


@given(st.integers(0, 1 << 40), st.integers(0, 1000), st.binary(max_size=20))
def test_marks_come_back_as_they_were(media_ms: int, number: int, data: bytes) -> None:
    mark = Mark(media_ms, number, {1: 1, 2: data})
    raw = emsg(mark)
    (found,) = children(raw, 0, len(raw))
    assert found.kind == b"emsg"
    assert read_emsg(raw[found.payload : found.end]) == mark


def test_a_mark_is_bounded() -> None:
    with pytest.raises(MalformedError):
        emsg(Mark(0, 0, {1: bytes(9000)}))


def test_boxes_that_do_not_fit_are_refused() -> None:
    for data in (
        b"\0\0\0\7free",
        b"\0\0\0\x20free",
        b"\0\0\0",
        box(b"free", b"") + b"\0",
    ):
        with pytest.raises(MalformedError):
            list(children(data, 0, len(data)))


@given(st.binary(max_size=20))
def test_heads_of_frames_and_messages_are_bounded(data: bytes) -> None:
    padded = data.ljust(12, b"\0")[:12]
    try:
        size, _ = sealed.frame_size(padded)
        assert sealed.TAG < size <= sealed.FRAME_MOST
    except MalformedError:
        pass
    try:
        assert 0 < port.frame_length(padded[:4]) <= port.MESSAGE_MOST
    except MalformedError:
        pass
    with pytest.raises(MalformedError):
        sealed.header_size(data)
