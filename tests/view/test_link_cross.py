"""The app in JavaScript and the camera in Python, on one link."""

from dataclasses import replace

import pytest

from lapel.base.clock import ClockQuality
from lapel.base.errors import RefusedError
from lapel.crypto.link import token
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import (
    HALF_OPEN_MS,
    SESSION_MS,
    Answered,
    Asked,
    Ended,
    Judged,
    Keep,
    Noticed,
    Opened,
    Proved,
    Show,
    Why,
)
from lapel.protocol.pairing import Demands, Identity
from lapel.sim.linking import (
    SERIAL,
    Air,
    Call,
    LinkAgency,
    Meddler,
    Way,
    honest,
    silent,
)
from lapel.wire.control import (
    Annotation,
    CameraMode,
    LinkVerb,
    Listed,
    Nothing,
    Position,
    Recordings,
    RecordingsBefore,
    SettingsChange,
    SettingsFrom,
    Source,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.grant import GrantRole
from lapel.wire.pairing import How, Record
from lapel.wire.port import Code
from lapel.wire.settings import Permitted
from tests.protocol.linked import (
    AGENCY,
    BARE_CAMERA,
    BARE_VIEW,
    CAMERA,
    QUICK,
    VIEW,
    demanding,
    ends,
    records,
)
from tests.view.scripted import Engine

STATE = State(CameraMode.EVENT, 80, 50, True, False, b"r" * 16, 9, 3, ClockQuality.RTC)
LISTED = Listed(
    b"r" * 16,
    7,
    1_790_000_000_000,
    ClockQuality.SERVER,
    61_000,
    True,
    None,
    "26-1",
    None,
)


def connected(
    engine: Engine,
    air: Air,
    wish: Wish = QUICK,
    app: Identity = VIEW,
    meddler: Meddler = honest,
) -> Call:
    return air.call(engine.app(app, wish), meddler)


def paired(engine: Engine, air: Air, wish: Wish = QUICK, app: Identity = VIEW) -> Call:
    air.chord()
    call = connected(engine, air, wish, app)
    if call.app.state is AppState.SHOWN:
        air.from_app(call, call.app.same(air.now))
        air.run()
    return call


def session(engine: Engine, air: Air) -> Call:
    assert air.pairings is not None
    return connected(engine, air, Wish(air.pairings.records[0]))


def asked(air: Air, call: Call, verb: LinkVerb, arguments: Document) -> None:
    air.from_app(call, call.app.ask(verb, arguments))
    air.run()


def answered(
    air: Air, call: Call, result: Document | None = None, code: Code = Code.DONE
) -> Answered:
    number = call.done(Asked)[-1].number
    air.from_camera(air.camera.answer(call.number, number, code, result))
    air.run()
    return call.said(Answered)[-1]


@pytest.mark.parametrize("mtu", [23, 185, 517])
def test_they_pair_by_grants_and_open_a_session(engine: Engine, mtu: int) -> None:
    air = Air(CAMERA, mtu=mtu)
    call = paired(engine, air)
    assert ends(call) == ([Why.PAIRED], [Why.PAIRED])
    app, camera = records(call)
    assert (app.how, app.role, app.holder) == (How.GRANT, GrantRole.CAMERA, SERIAL)
    assert (camera.how, camera.holder) == (How.GRANT, "view-1")
    assert (app.h, app.peer) == (camera.h, CAMERA.static.point)
    assert engine.token(app, 1_988_888) == token(camera.disc, 1_988_888)
    call = session(engine, air)
    assert call.said(Opened)
    assert not call.said(Proved)
    asked(air, call, LinkVerb.STATE, Nothing())
    assert answered(air, call, STATE).result == STATE
    assert len(call.said(Proved)) == 1
    air.from_camera(air.camera.notice(STATE))
    air.run()
    assert call.said(Noticed) == [Noticed(STATE)]


def test_both_show_the_same_code_and_record_that_it_was_compared(
    engine: Engine,
) -> None:
    air = Air(BARE_CAMERA)
    air.chord()
    call = connected(engine, air, Wish(), BARE_VIEW)
    assert call.app.state is AppState.SHOWN
    assert call.said(Show) == call.done(Show)
    air.press()
    air.from_app(call, call.app.same(air.now))
    air.run()
    app, camera = records(call)
    assert (app.how, camera.how) == (How.COMPARED, How.COMPARED)


VERBS: list[tuple[LinkVerb, Document, Document | None]] = [
    (LinkVerb.STATE, Nothing(), STATE),
    (
        LinkVerb.SETTINGS_GET,
        SettingsFrom(0),
        WearerSettings(
            2, True, False, False, (Permitted.VOLUME,), ("Traffic stop",), True
        ),
    ),
    (LinkVerb.SETTINGS_SET, SettingsChange(3, None, None, None), None),
    (LinkVerb.RECORDINGS, RecordingsBefore(None), Recordings((LISTED,), False)),
    (LinkVerb.RECORDINGS, RecordingsBefore(7), Recordings((), True)),
    (LinkVerb.ANNOTATE, Annotation(b"r" * 16, "A note", "26-1", "Interview"), None),
    (
        LinkVerb.ANNOTATE,
        Annotation(b"r" * 16, position=Position(1_415_000_000, 1, Source.PHONE, 8)),
        None,
    ),
]


def test_every_request_is_asked_and_answered(engine: Engine) -> None:
    air = Air(CAMERA)
    paired(engine, air)
    call = session(engine, air)
    for number, (verb, arguments, result) in enumerate(VERBS, 1):
        asked(air, call, verb, arguments)
        assert call.done(Asked)[-1] == Asked(number, verb, arguments)
        assert answered(air, call, result) == Answered(number, Code.DONE, result)
    asked(air, call, LinkVerb.UNPAIR, Nothing())
    assert call.said(Answered)[-1].code is Code.DONE
    assert air.camera.record is None
    assert ends(call)[1] == [Why.UNPAIRED]


def test_a_refusal_comes_with_its_code_and_reason(engine: Engine) -> None:
    air = Air(CAMERA)
    paired(engine, air)
    call = session(engine, air)
    asked(air, call, LinkVerb.ANNOTATE, Annotation(b"r" * 16, category="Nonsense"))
    asked(air, call, LinkVerb.SETTINGS_SET, SettingsChange(None, None, None, True))
    assert [(one.code, one.reason) for one in call.said(Answered)] == [
        (Code.NOT_PERMITTED, "category"),
        (Code.NOT_PERMITTED, "setting"),
    ]
    asked(air, call, LinkVerb.STATE, Nothing())
    asked(air, call, LinkVerb.STATE, Nothing())
    assert call.said(Answered)[-1].code is Code.BUSY
    assert answered(air, call, None, Code.NOT_FOUND).code is Code.NOT_FOUND


def test_an_answer_of_another_kind_ends_the_link(engine: Engine) -> None:
    for result in (None, Recordings((), False)):
        air = Air(CAMERA)
        paired(engine, air)
        call = session(engine, air)
        asked(air, call, LinkVerb.STATE, Nothing())
        (question,) = call.done(Asked)
        outputs = air.camera.answer(call.number, question.number, Code.DONE, result)
        air.from_camera(outputs)
        air.run()
        assert ends(call)[0] == [Why.FORMAT]


def test_nothing_is_asked_without_a_session(engine: Engine) -> None:
    air = Air(CAMERA)
    call = paired(engine, air)
    with pytest.raises(RefusedError):
        call.app.ask(LinkVerb.STATE, Nothing())


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("pairing", [True, False])
def test_every_byte_of_every_handshake_message_matters(
    engine: Engine, way: Way, *, pairing: bool
) -> None:
    """Each message between an honest app and an honest camera, one byte changed."""
    whole = Air(CAMERA)
    call = paired(engine, whole)
    if not pairing:
        call = session(engine, whole)
    sizes = [len(message) for passed, message in call.passed if passed is way]
    for number, size in enumerate(sizes):
        for at in {*range(0, size, 9), size - 1}:
            changed(engine, whole.stored if not pairing else None, (way, number, at))


def changed(engine: Engine, record: Record | None, where: tuple[Way, int, int]) -> None:
    way, number, at = where

    def meddle(passing: Way, which: int, message: bytes) -> list[bytes]:
        if (passing, which) != (way, number):
            return [message]
        flipped = bytearray(message)
        flipped[at] ^= 1 << at % 8
        return [bytes(flipped)]

    air = Air(CAMERA, record)
    if record is None:
        air.chord()
        call = connected(engine, air, QUICK, VIEW, meddle)
        assert not (call.done(Keep) and call.said(Ended) == [Ended(Why.PAIRED)])
        return
    kept = replace(record, peer=CAMERA.static.point)
    call = connected(engine, air, Wish(kept), VIEW, meddle)
    if call.app.state is AppState.OPEN:
        asked(air, call, LinkVerb.STATE, Nothing())
    assert not call.said(Answered)
    assert not call.done(Asked)


def test_a_hello_that_was_changed_fails_the_first_tag(engine: Engine) -> None:
    air = Air(CAMERA)
    air.chord()

    def meddle(way: Way, number: int, message: bytes) -> list[bytes]:
        if (way, number) == (Way.DOWN, 0):
            return [message[:4] + bytes(8) + message[12:]]
        return [message]

    call = connected(engine, air, meddler=meddle)
    assert ends(call)[0] == [Why.CRYPTO]
    assert not call.said(Keep)


def judged(engine: Engine, camera: Identity, app: Identity) -> Call:
    air = Air(camera)
    air.chord()
    return connected(engine, air, QUICK, app)


def test_a_copied_grant_ends_the_link_before_the_app_names_itself(
    engine: Engine,
) -> None:
    thief = replace(AGENCY.device(GrantRole.CAMERA, "X9"), grant=CAMERA.grant)
    call = judged(engine, thief, VIEW)
    assert ends(call)[0] == [Why.CRYPTO]
    up = [message for way, message in call.passed if way is Way.UP]
    assert [len(message) for message in up] == [7, 65]


@pytest.mark.parametrize(
    ("camera", "holders", "reason"),
    [
        (BARE_CAMERA, None, "grant-none"),
        (LinkAgency(AGENCY.key, "south").camera(), None, "grant-tenant"),
        (LinkAgency(AGENCY.key, until_ms=1).camera(), None, "grant-expired"),
        (CAMERA, frozenset({"X7654321"}), "grant-holder"),
        (CAMERA, frozenset({SERIAL}), None),
    ],
)
def test_a_grant_is_judged_as_in_python(
    engine: Engine,
    camera: Identity,
    holders: frozenset[str] | None,
    reason: str | None,
) -> None:
    app = replace(VIEW, trust=replace(VIEW.trust, holders=holders))
    call = judged(engine, camera, app)
    wanted = Judged(GrantRole.CAMERA, None if reason else SERIAL, reason)
    assert call.said(Judged) == [wanted]


def test_where_a_grant_is_demanded_an_unverified_camera_ends_it(
    engine: Engine,
) -> None:
    air = Air(BARE_CAMERA)
    air.chord()
    call = connected(engine, air, Wish(demands=Demands(grant=True)))
    assert ends(call)[0] == [Why.UNVERIFIED]


def test_what_the_camera_says_in_clear_ends_the_link_and_costs_no_pairing(
    engine: Engine,
) -> None:
    air = Air(CAMERA)
    assert ends(connected(engine, air))[0] == [Why.NOT_PAIRING]
    paired(engine, air)
    before = air.pairings
    stranger = Air(CAMERA)
    assert before is not None
    call = connected(engine, stranger, Wish(before.records[0]))
    assert ends(call)[0] == [Why.CRYPTO]
    air.chord()
    assert ends(session(engine, air))[0] == [Why.BUSY]
    refusing = Air(BARE_CAMERA, policy=demanding(grant=True))
    refusing.chord()
    assert ends(connected(engine, refusing, QUICK, BARE_VIEW))[0] == [Why.CRYPTO]
    assert air.pairings == before


def test_a_silent_camera_is_left_after_its_time(engine: Engine) -> None:
    air = Air(CAMERA)
    call = connected(engine, air, meddler=silent)
    air.wait(HALF_OPEN_MS - 1)
    assert not call.said(Ended)
    air.wait(1)
    assert ends(call)[0] == [Why.LATE]


def test_a_session_ends_after_twelve_hours(engine: Engine) -> None:
    air = Air(CAMERA)
    paired(engine, air)
    call = session(engine, air)
    asked(air, call, LinkVerb.STATE, Nothing())
    air.wait(SESSION_MS)
    assert ends(call) == ([Why.WORN_OUT], [Why.WORN_OUT])


def test_who_answers_with_the_app_s_own_messages_gets_nowhere(engine: Engine) -> None:
    air = Air(CAMERA)
    air.chord()
    said: list[bytes] = []

    def mirror(way: Way, number: int, message: bytes) -> list[bytes]:
        if way is Way.UP:
            said.append(message)
        elif number > 0:
            return [said[-1]]
        return [message]

    call = connected(engine, air, meddler=mirror)
    assert ends(call)[0] == [Why.CRYPTO]
