"""Hellos, prologue, adverts and rejects: golden ones, any bytes, every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.crypto.link import token
from lapel.wire.link import (
    CAPS_MOST,
    SUITE,
    Advert,
    AppHello,
    CameraHello,
    Mode,
    Reject,
    pairing_name,
    prologue,
    read_reject,
    reject,
    slot_of,
)
from tests.golden import Case, each

CAPS = st.binary(max_size=CAPS_MOST)
APPS = st.builds(
    AppHello,
    st.sampled_from(Mode),
    st.integers(0, 5),
    st.integers(5, 255),
    st.integers(0, 65_535),
    CAPS,
)
CAMERAS = st.builds(
    CameraHello,
    st.binary(min_size=8, max_size=8),
    st.booleans(),
    st.integers(23, 517),
    CAPS,
)
ADVERTS = st.builds(
    Advert,
    st.binary(min_size=6, max_size=6),
    st.booleans(),
    st.integers(0, 65_535),
)


@each("hello", "hello ")
def test_golden_hellos_and_prologues(case: Case) -> None:
    given = case.given
    app = AppHello(
        Mode(given["mode"]), most=given["ver_max"], caps=case.raw("app_caps")
    )
    camera = CameraHello(
        case.raw("token"), given["pairing"], given["mtu"], case.raw("camera_caps")
    )
    assert app.encode() == case.expected("app")
    assert camera.encode() == case.expected("camera")
    both = prologue(case.expected("app"), case.expected("camera"))
    assert both == case.expected("prologue")
    assert AppHello.decode(app.encode()).understood


@each("hello", "app hello:")
def test_golden_refusals_of_apps(case: Case) -> None:
    try:
        hello = AppHello.decode(case.raw("app"))
    except MalformedError:
        return
    assert case.out["refused"] in {"version", "suite"}
    assert not hello.understood


@each("hello", "camera hello:")
def test_golden_refusals_of_cameras(case: Case) -> None:
    with pytest.raises(MalformedError):
        CameraHello.decode(case.raw("camera"))


@each("hello", "token")
def test_a_golden_token_and_advert(case: Case) -> None:
    made = token(case.raw("disc"), case.out["slot"])
    assert made == case.expected("token")
    assert Advert(made[:6]).encode() == case.expected("advert")
    assert slot_of(case.given["unix"] * 1000) == case.out["slot"]


@given(APPS)
def test_the_hello_of_an_app_comes_back_as_it_was(hello: AppHello) -> None:
    assert AppHello.decode(hello.encode()) == hello


@given(CAMERAS)
def test_the_hello_of_a_camera_comes_back_as_it_was(hello: CameraHello) -> None:
    assert CameraHello.decode(hello.encode()) == hello


@given(st.binary(max_size=60) | CAMERAS.map(lambda one: one.encode()))
def test_any_bytes_are_a_hello_or_refused(data: bytes) -> None:
    for kind in (AppHello, CameraHello):
        try:
            read = kind.decode(data)
        except MalformedError:
            continue
        assert read.encode() == data


@pytest.mark.parametrize(
    "hello",
    [
        AppHello(Mode.PAIR, caps=bytes(CAPS_MOST + 1)),
        CameraHello(bytes(7), pairing=True, mtu=23),
        CameraHello(bytes(8), pairing=True, mtu=22),
        CameraHello(bytes(8), pairing=True, mtu=518),
        CameraHello(bytes(8), True, 23, bytes(CAPS_MOST + 1)),
        Advert(bytes(8)),
    ],
)
def test_what_cannot_be_is_not_written(hello: AppHello | CameraHello | Advert) -> None:
    with pytest.raises(MalformedError):
        hello.encode()


@pytest.mark.parametrize(
    ("least", "most", "suites", "understood"),
    [(1, 1, SUITE, True), (0, 9, 3, True), (2, 9, SUITE, False), (1, 1, 2, False)],
)
def test_an_app_is_understood_when_it_speaks_version_one_and_the_suite(
    least: int, most: int, suites: int, *, understood: bool
) -> None:
    assert AppHello(Mode.PAIR, least, most, suites).understood is understood


@given(ADVERTS)
def test_an_advert_has_31_bytes_and_comes_back(advert: Advert) -> None:
    assert len(advert.encode()) == 31
    assert Advert.decode(advert.encode()) == advert


@given(st.binary(max_size=40))
def test_an_advert_of_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Advert.decode(data)


@pytest.mark.parametrize("at", range(31))
def test_only_token_company_and_mode_of_an_advert_may_differ(at: int) -> None:
    data = bytearray(Advert(bytes(6)).encode())
    data[at] ^= 0x80
    if at >= 23:
        assert Advert.decode(bytes(data)).encode() == data
        return
    with pytest.raises(MalformedError):
        Advert.decode(bytes(data))


def test_the_name_of_pairing_mode_has_two_digits() -> None:
    assert pairing_name(107) == b"\x0a\x09Camera 07"


@given(st.binary(max_size=4))
def test_a_reject_is_two_bytes_with_a_known_code(message: bytes) -> None:
    code = read_reject(message)
    known = len(message) == 2 and message[0] == 0x7F and 1 <= message[1] <= 5
    assert (code is not None) == known


@pytest.mark.parametrize("code", list(Reject))
def test_every_reject_is_read(code: Reject) -> None:
    assert read_reject(reject(code)) is code
