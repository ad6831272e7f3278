"""Requests: the role table, the policy, pages, and whatever else may be asked."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.protocol.control import (
    ARGUMENTS,
    RESULTS,
    ROLES,
    Denied,
    Permit,
    Rules,
    judge,
    recordings_page,
    settings_page,
)
from lapel.sim.linking import RULES
from lapel.wire.control import (
    PLAIN_MOST,
    Annotation,
    LinkVerb,
    Listed,
    Nothing,
    Position,
    RecordingsBefore,
    SettingsChange,
    SettingsFrom,
    Source,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.grant import GrantRole
from lapel.wire.port import Answer, Code, Request
from lapel.wire.settings import Permitted, Settings
from tests.wire.test_cbor import VALUES
from tests.wire.test_documents import DOCUMENTS

ID = bytes(16)
GOOD: dict[LinkVerb, Document] = {
    LinkVerb.STATE: Nothing(),
    LinkVerb.SETTINGS_GET: SettingsFrom(0),
    LinkVerb.SETTINGS_SET: SettingsChange(2, None, None, None),
    LinkVerb.RECORDINGS: RecordingsBefore(None),
    LinkVerb.ANNOTATE: Annotation(
        ID, "Stop", "26-1", "Interview", Position(1, 2, Source.PHONE)
    ),
    LinkVerb.UNPAIR: Nothing(),
}
CAR_ONLY = {LinkVerb.VEHICLE_NETWORK, LinkVerb.PRIORITISE}


def ask(
    verb: int, arguments: Document, role: GrantRole = GrantRole.VIEW
) -> Permit | Denied:
    return judge(Request(7, verb, arguments.items()).encode(), role, RULES)


@pytest.mark.parametrize(("verb", "role"), list(product(LinkVerb, GrantRole)))
def test_every_verb_for_every_role(verb: LinkVerb, role: GrantRole) -> None:
    found = ask(verb, GOOD.get(verb, Nothing()), role)
    app = role is not GrantRole.CAMERA
    if not app or (verb in CAR_ONLY and role is GrantRole.VIEW):
        assert found == Denied(7, Code.NOT_PERMITTED, "role")
    elif verb in GOOD:
        assert found == Permit(7, verb, GOOD[verb])
    else:
        assert found == Denied(7, Code.NOT_PERMITTED, "not-served")


def test_the_list_is_closed_and_can_do_nothing_to_evidence() -> None:
    assert set(ROLES) == set(LinkVerb)
    assert set(GOOD) == set(ARGUMENTS)
    assert set(RESULTS) <= set(ARGUMENTS)
    names = " ".join(verb.name.lower() for verb in LinkVerb)
    for word in ("delete", "erase", "edit", "export", "read", "record_start"):
        assert word not in names


@given(st.integers(16, 1 << 64) | st.just(0))
def test_an_unknown_verb_is_named_so(verb: int) -> None:
    if verb < 1 << 64:
        assert ask(verb, Nothing()) == Denied(7, Code.UNKNOWN_VERB, "verb")


@pytest.mark.parametrize("verb", [verb for verb in GOOD if GOOD[verb].items()])
def test_arguments_that_do_not_fit_are_malformed(verb: LinkVerb) -> None:
    for arguments in ({}, {**GOOD[verb].items(), 99: 1}):
        plain = Request(7, verb, arguments).encode()
        found = judge(plain, GrantRole.VIEW, RULES)
        assert found == Denied(7, Code.MALFORMED, "arguments")


@pytest.mark.parametrize(("source", "role"), list(product(Source, GrantRole)))
def test_an_app_speaks_for_no_other_receiver(source: Source, role: GrantRole) -> None:
    said = Annotation(ID, position=Position(1, 2, source))
    speaks = {
        GrantRole.CAMERA: set[Source](),
        GrantRole.VIEW: {Source.PHONE},
        GrantRole.VIEW_XL: {Source.PHONE, Source.VEHICLE},
    }
    found = ask(LinkVerb.ANNOTATE, said, role)
    if role is GrantRole.CAMERA:
        assert found == Denied(7, Code.NOT_PERMITTED, "role")
    elif source in speaks[role]:
        assert found == Permit(7, LinkVerb.ANNOTATE, said)
    else:
        assert found == Denied(7, Code.NOT_PERMITTED, "source")


@pytest.mark.parametrize(
    ("change", "permitted"),
    [
        (SettingsChange(1, None, None, None), True),
        (SettingsChange(1, True, None, None), False),
        (SettingsChange(None, None, None, True), False),
        (SettingsChange(None, None, False, None), False),
    ],
)
def test_only_permitted_settings_change(
    change: SettingsChange, *, permitted: bool
) -> None:
    found = ask(LinkVerb.SETTINGS_SET, change)
    if permitted:
        assert isinstance(found, Permit)
    else:
        assert found == Denied(7, Code.NOT_PERMITTED, "setting")


def test_only_the_agencys_categories_are_taken() -> None:
    found = ask(LinkVerb.ANNOTATE, Annotation(ID, category="Made up"))
    assert found == Denied(7, Code.NOT_PERMITTED, "category")


def test_a_refusal_is_answered_with_code_and_reason() -> None:
    answer = Denied(7, Code.NOT_PERMITTED, "role").answer()
    assert Answer.decode(answer.encode()) == Answer(7, Code.NOT_PERMITTED, {1: "role"})


@given(st.binary(max_size=80))
def test_bytes_that_are_no_request_end_the_link(plain: bytes) -> None:
    try:
        found = judge(plain, GrantRole.VIEW, RULES)
    except MalformedError:
        return
    assert found.number >= 0


@given(st.sampled_from(sorted(ARGUMENTS)), st.dictionaries(st.integers(0, 9), VALUES))
def test_any_arguments_are_permitted_as_they_are_or_denied(
    verb: LinkVerb, arguments: dict[int, object]
) -> None:
    try:
        plain = Request(1, verb, arguments).encode()  # type: ignore[arg-type]
    except MalformedError:
        return
    found = judge(plain, GrantRole.VIEW_XL, RULES)
    if isinstance(found, Permit):
        assert Request(1, verb, found.arguments.items()).encode() == plain
    else:
        assert found.code in {Code.MALFORMED, Code.NOT_PERMITTED}


def listed(seq: int, title: str | None) -> Listed:
    recording = seq.to_bytes(16, "big")
    times = (1_790_000_000_000, ClockQuality.SERVER, 60_000, True)
    return Listed(recording, seq, *times, title, title, "Interview")


@given(
    st.lists(st.integers(0, 10_000), max_size=60, unique=True),
    st.sampled_from([None, "x", "y" * 256]),
)
def test_pages_of_recordings_fit_and_give_each_once(
    numbers: list[int], title: str | None
) -> None:
    everything = [listed(seq, title) for seq in numbers]
    got: list[Listed] = []
    asked, more = RecordingsBefore(None), True
    while more:
        page = recordings_page(everything, asked)
        answer = Answer(1 << 63, Code.DONE, page.items())
        assert len(answer.encode()) <= PLAIN_MOST
        assert page.page or not page.more
        got += page.page
        more = page.more
        asked = RecordingsBefore(got[-1].seq if got else 0)
    assert [one.seq for one in got] == sorted(numbers, reverse=True)


def test_settings_come_with_all_categories_in_pages() -> None:
    categories = tuple(f"{number:03} {'c' * 250}" for number in range(40))
    rules = Rules(frozenset(Permitted), categories)
    chosen = WearerSettings(1, True, False, True, (), (), False)
    got: list[str] = []
    more = True
    while more:
        page = settings_page(chosen, rules, len(got))
        answer = Answer(1 << 63, Code.DONE, page.items())
        assert len(answer.encode()) <= PLAIN_MOST
        got += page.categories
        more = page.more
    assert tuple(got) == categories
    beyond = settings_page(chosen, rules, 1000)
    assert (beyond.categories, beyond.more) == ((), False)
    assert beyond.permitted == tuple(Permitted)


def test_rules_come_from_settings_without_what_is_no_line() -> None:
    (settings,) = [one for one in DOCUMENTS if isinstance(one, Settings)]
    rules = Rules.of(replace(settings, categories=("a", "", "b\n", "c" * 257)))
    assert rules == Rules(frozenset({Permitted.VOLUME}), ("a",))
