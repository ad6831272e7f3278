"""Layers of settings: what counts for whom, what is kept, what is looked at first."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Who
from lapel.evidence.devices.model import Move
from lapel.evidence.journals.model import Runs
from lapel.evidence.people.model import Author
from lapel.evidence.settings import choices
from lapel.evidence.settings.choices import (
    AGENCY,
    BY_NAME,
    SETTINGS,
    Choices,
    Layer,
    Number,
    OneOf,
    Setting,
    SomeOf,
    Switch,
)
from lapel.evidence.settings.compliance import Answer, Given, judge
from lapel.evidence.settings.layers import Wanted
from lapel.evidence.settings.model import Policy
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.wire.cose import parse
from lapel.wire.settings import Settings
from tests.evidence.world import PASSWORD

NOW = 1_795_000_000_000
BASE = "https://evidence.example.org"
ONE, TWO = "X81000001", "X81000002"


def values(setting: Setting) -> st.SearchStrategy[object]:
    if isinstance(setting, Switch):
        return st.booleans()
    if isinstance(setting, Number):
        return st.integers(setting.least, setting.most)
    if isinstance(setting, OneOf):
        return st.sampled_from(setting.known)
    return st.lists(st.sampled_from(setting.known), unique=True)


CHOSEN = st.fixed_dictionaries(
    {}, optional={one.name: values(one) for one in SETTINGS}
).map(choices.read)
SCOPES = st.sampled_from([AGENCY, "role/officer", "role/a", "group/a", "group/b"])
LAYERS = st.lists(
    st.builds(Layer, SCOPES, st.integers(1, 9), st.integers(0, 4), CHOSEN),
    unique_by=lambda one: one.scope,
)


def test_every_field_of_a_policy_is_a_setting_with_a_bound() -> None:
    assert set(BY_NAME) == set(msgspec.structs.asdict(Policy()))
    assert choices.layered([]).policy == Policy()


@given(LAYERS)
def test_the_last_word_on_each_setting_counts(layers: list[Layer]) -> None:
    found = choices.layered(layers)
    order = choices.in_order(layers)
    for name in BY_NAME:
        speak = [one for one in order if name in one.choices]
        want = speak[-1].choices[name] if speak else choices.all_of(Policy())[name]
        assert choices.all_of(found.policy)[name] == want
        assert found.origin[name] == (speak[-1].scope if speak else "")


@given(LAYERS.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_in_which_layers_are_told_does_not_matter(
    both: tuple[list[Layer], list[Layer]],
) -> None:
    layers, mixed = both
    assert choices.layered(mixed) == choices.layered(layers)
    scopes = frozenset(one.scope for one in layers)
    assert choices.that_apply(mixed, scopes) == mixed
    assert all(one.scope == AGENCY for one in choices.that_apply(mixed, frozenset()))


@given(CHOSEN, CHOSEN)
def test_differences_lead_from_one_to_the_other(
    before: Choices, after: Choices
) -> None:
    found = choices.differences(before, after)
    patched = dict(before)
    for one in found:
        if one.after is None:
            del patched[one.name]
        else:
            patched[one.name] = one.after
    assert patched == dict(after)


@given(
    st.dictionaries(
        st.sampled_from([*BY_NAME, "more"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers())
        ),
    )
)
def test_whatever_comes_is_read_or_refused(raw: dict[str, object]) -> None:
    try:
        found = choices.read(raw)
    except RefusedError:
        return
    assert choices.layered([Layer(AGENCY, 1, 0, found)]).origin["wifi"] in {"", AGENCY}
    assert set(found) == set(raw)


@pytest.mark.parametrize("setting", [s for s in SETTINGS if not isinstance(s, Switch)])
def test_bounds_are_held(setting: Setting) -> None:
    wrong: list[object] = [True, -1, "1", None]
    if isinstance(setting, Number):
        wrong += [setting.least - 1, setting.most + 1]
    if isinstance(setting, SomeOf):
        wrong += [[99], [True], [setting.known[0]] * 2]
    for value in wrong:
        with pytest.raises(RefusedError):
            choices.read({setting.name: value})


@pytest.mark.parametrize(
    ("given_for", "runs_hash", "answer"),
    [
        (None, None, Answer.SILENT),
        ("now", None, Answer.SILENT),
        ("now", b"h", Answer.RUNS),
        ("before", b"h", Answer.WAITS),
        ("now", b"other", Answer.DRIFTS),
        ("before", b"other", Answer.DRIFTS),
        (None, b"h", Answer.DRIFTS),
    ],
)
def test_every_answer(
    given_for: str | None, runs_hash: bytes | None, answer: Answer
) -> None:
    was = None if given_for is None else Given(3, b"h", given_for.encode())
    runs = None if runs_hash is None else Runs(3, runs_hash, 1, 2)
    assert judge(b"now", was, runs) is answer
    assert judge(b"now", was, Runs(None, b"", None, 2)) is Answer.SILENT


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", ManualClock(NOW), system_entropy) as made:
        made.camera(ONE)
        made.camera(TWO)
        yield made


def me(agency: Agency) -> Who:
    person = agency.site.people.named("admin")
    assert person is not None
    return Author(person, "::1").who()


def night(agency: Agency) -> str:
    """Make a group of the administrator alone; gives its scope."""
    person = agency.site.people.named("admin")
    assert person is not None
    groups, author = agency.site.people.groups, Author(person, "::1")
    return f"group/{groups.keep(None, 'Night', frozenset({person.id}), author)}"


def settings_of(agency: Agency, serial: str) -> Settings:
    with agency.site.database.write() as connection:
        document = agency.site.settings_for(connection, serial)
    return Settings.decode(parse("settings", document).payload)


def test_a_group_s_settings_go_with_whoever_has_the_camera(agency: Agency) -> None:
    site, who, group = agency.site, me(agency), night(agency)
    site.layers.save(Wanted(AGENCY, 0, choices.read({"pre_event_s": 60})), who)
    site.layers.save(Wanted(group, 0, choices.read({"pre_event_s": 120})), who)
    assert settings_of(agency, ONE).pre_event.seconds == 60
    site.holding.assign(ONE, who.actor.name, who)
    assert settings_of(agency, ONE).pre_event.seconds == 120
    assert settings_of(agency, TWO).pre_event.seconds == 60
    site.holding.take_back(ONE, who)
    last = settings_of(agency, ONE)
    assert (last.pre_event.seconds, last.version) == (60, 3)
    site.layers.save(Wanted(group, 1, None), who)
    assert [one.layer.scope for one in site.layers.everything()] == [AGENCY]
    site.layers.save(Wanted(group, 2, choices.read({"replay": True})), who)
    assert [one.layer.version for one in site.layers.history(group)] == [3, 2, 1]


def test_a_lost_camera_is_told_to_be_silent(agency: Agency) -> None:
    who = me(agency)
    assert settings_of(agency, ONE).bluetooth.enabled
    agency.site.holding.move(ONE, Move.LOSE, who, "stolen")
    assert not settings_of(agency, ONE).bluetooth.enabled


def test_what_a_change_does_is_said_before(agency: Agency) -> None:
    site, who, group = agency.site, me(agency), night(agency)
    site.holding.assign(ONE, who.actor.name, who)
    wanted = Wanted(group, 0, choices.read({"replay": True, "sealing": True}))
    (effect,) = site.layers.preview(wanted)
    assert effect.device.serial == ONE
    assert [(one.name, one.before, one.after) for one in effect.differences] == [
        ("replay", False, True)
    ]
    assert site.layers.everything() == []
    both = site.layers.preview(Wanted(AGENCY, 0, choices.read({"wifi": True})))
    assert [one.device.serial for one in both] == [ONE, TWO]


def test_who_was_slower_changes_nothing_and_is_told(agency: Agency) -> None:
    site, who = agency.site, me(agency)
    site.layers.save(Wanted(AGENCY, 0, choices.read({"wifi": True})), who)
    with pytest.raises(ConflictError):
        site.layers.save(Wanted(AGENCY, 0, choices.read({"replay": True})), who)
    with pytest.raises(ConflictError):
        site.layers.preview(Wanted(AGENCY, 0, choices.read({"replay": True})))
    for wrong in ("group/none", "role/none", "x", ""):
        with pytest.raises(NotFoundError):
            site.layers.save(Wanted(wrong, 0, {}), who)
    with pytest.raises(RefusedError):
        site.layers.save(Wanted(AGENCY, 1, None), who)
    with pytest.raises(RefusedError):
        site.layers.save(Wanted(AGENCY, 1, {}, "x" * 501), who)
    assert [one.layer.version for one in site.layers.history(AGENCY)] == [1]


@pytest.fixture
def client(agency: Agency) -> Iterator[TestClient[Litestar]]:
    built = app.build(agency.server, Front(8600, BASE))
    with TestClient(built, base_url=BASE) as made:
        typed = {"password": PASSWORD, "again": PASSWORD}
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made


def send(client: TestClient[Litestar], fields: dict[str, str]) -> httpx.Response:
    page = client.get("/settings/layer").text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return client.post("/settings/layer", data={"csrf": found[1], **fields})


def form(page: str) -> dict[str, str]:
    """Give the fields that a preview keeps for saving."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: value for name, value in pairs if name != "csrf"}


def test_a_change_is_looked_at_then_saved_and_stands_in_the_log(
    agency: Agency, client: TestClient[Litestar]
) -> None:
    group = night(agency)
    fields = {"scope": group, "version": "0", "why": "covert", "act": "preview"}
    chosen = {"own.bluetooth": "1", "s.bluetooth": "off"}
    seen = send(client, {**fields, **chosen})
    assert "Nothing is saved yet" in seen.text
    assert "No camera in service changes by this" in seen.text
    assert agency.site.layers.everything() == []
    saved = send(client, {**form(seen.text), "act": "save"})
    assert saved.url.path == "/settings"
    assert "Group Night" in saved.text
    with agency.site.database.read() as connection:
        (act,) = custody.latest(connection, agency.site.tenant.id, None, 1)
    assert act.action == "settings.policy-set"
    assert dict(act.texts) == {
        0: act.texts[0],
        1: "Administrator",
        2: "administrator",
        3: "bluetooth: not chosen -> off",
        4: "covert",
        5: "Night",
    }
    late = send(client, {**form(seen.text), "act": "save"})
    assert late.status_code == 409
    assert "Somebody else saved these settings meanwhile" in late.text
    assert 'value="covert"' in late.text
    removed = send(client, {"scope": group, "version": "1", "act": "remove"})
    assert "Group Night" not in re.sub(r"<option.*?</option>", "", removed.text)


@pytest.mark.parametrize(
    "bad",
    [
        {"s.pre_event_s": "121"},
        {"s.pre_event_s": "-1"},
        {"s.pre_event_s": "²"},
        {"s.quality": "9"},
        {"s.bluetooth": "maybe"},
        {"s.permitted": "7"},
    ],
)
def test_a_value_that_cannot_be_is_refused(
    agency: Agency, client: TestClient[Litestar], bad: dict[str, str]
) -> None:
    fields = {
        "scope": night(agency),
        "version": "0",
        "act": "preview",
        **{f"own.{name.removeprefix('s.')}": "1" for name in bad},
    }
    answer = send(client, {**fields, **bad})
    assert answer.status_code == 409
    assert "One of the values cannot be" in answer.text
    assert agency.site.layers.everything() == []


def test_who_runs_what_is_listed_and_taken_as_a_table(
    client: TestClient[Litestar],
) -> None:
    page = client.get("/settings/compliance").text
    assert page.count("Never said") >= 3
    assert ONE not in client.get("/settings/compliance?answer=drifts").text
    rows = list(
        csv.DictReader(io.StringIO(client.get("/settings/compliance.csv").text))
    )
    assert [(row["serial"], row["answer"]) for row in rows] == [
        (ONE, "silent"),
        (TWO, "silent"),
    ]
