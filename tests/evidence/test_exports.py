"""The custody log taken out: nothing is lost, all of it proves itself, it is logged."""

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import LapelError
from lapel.base.ids import recording_name
from lapel.cli import log_copies
from lapel.crypto import merkle
from lapel.crypto.note import LogVerifier
from lapel.evidence.custody.model import Actor, Logged, Target
from lapel.evidence.custody.rules import salted
from lapel.evidence.web import exports
from lapel.evidence.web.words import catalogue
from lapel.proof.logs import hold
from lapel.sim.film import shoot
from lapel.wire.custody import ActorKind, Leaf, ObjectKind
from tests.evidence.test_tus import add, place
from tests.evidence.world import PASSWORD, inhabited


@dataclass(frozen=True)
class Desk:
    """A signed-in browser of a server that has one recording, by its name."""

    browser: httpx.Client
    name: str


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("taken") / "evidence"
    with inhabited(folder, shoot(1), 1) as world:
        (sent,) = world.sent
        with world.dock() as dock:
            where = place(dock, sent)
            add(dock, where, 0, sent.stored)
            dock.post(f"{where}/commit", content=sent.closing).raise_for_status()
        with world.server.client() as browser:
            link = world.server.run("enrol", "admin").strip()
            browser.post(link, data={"password": PASSWORD, "again": PASSWORD})
            yield Desk(browser, recording_name(sent.recording))


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(FIELD, FIELD, FIELD)
def test_a_table_holds_no_formula_and_loses_no_words(a: str, b: str, c: str) -> None:
    act = Logged(
        7,
        1_790_000_000_000,
        Actor(ActorKind.USER, a),
        "made.up",
        Target(ObjectKind.OTHER, b),
        b"leaf",
        {3: c},
        {},
    )
    text = "".join(exports.table([act], catalogue()))
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert len(row) == len(head) == len(exports.COLUMNS)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert [row[4].removeprefix("'"), row[9].removeprefix("'")] == [
        a.removeprefix("'"),
        c.removeprefix("'"),
    ]


def test_what_concerns_one_recording_proves_itself(desk: Desk) -> None:
    name = desk.name
    desk.browser.get(f"/recordings/{name}")
    read = desk.browser.get(f"/custody/export.json?recording={name}").json()
    log = LogVerifier.from_vkey(read["key"])
    point = log.open(read["checkpoint"])
    assert (point.size, read["of"]) == (
        read["size"],
        {"kind": "recording", "name": name},
    )
    assert [act["action"] for act in read["acts"]][-1] == "custody.exported"
    for act in read["acts"]:
        raw = base64.b64decode(act["leaf"])
        proof = [base64.b64decode(item) for item in act["proof"]]
        merkle.verify_inclusion(
            merkle.leaf_hash(raw), act["number"], point.size, proof, point.root
        )
        leaf = Leaf.decode(raw)
        hashes = {"0": leaf.client, **{str(k): v for k, v in leaf.detail.items()}}
        for field, words in act["texts"].items():
            salt = base64.b64decode(act["salts"][field])
            assert salted(salt, words) == hashes[field]


def test_the_whole_log_is_a_copy_to_hold_it_against(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(desk.browser.get("/custody/export.json").content)
    logs = (LogVerifier.from_vkey(json.loads(path.read_bytes())["key"]),)
    taken = log_copies.read(str(path), logs).telling
    assert not hold(taken, [taken]).findings
    read = json.loads(path.read_bytes())
    assert read["size"] == len(read["acts"])
    read["acts"][2]["leaf"] = read["acts"][3]["leaf"]
    path.write_text(json.dumps(read))
    spoilt = log_copies.read(str(path), logs).telling
    assert hold(spoilt, [taken]).findings
    part = json.dumps({**read, "acts": read["acts"][1:]}).encode()
    for broken in (b"", b"[]", b"{}", part):
        path.write_bytes(broken)
        with pytest.raises(LapelError):
            log_copies.read(str(path), logs)


def test_a_table_of_one_person_holds_what_they_did(desk: Desk) -> None:
    listed = desk.browser.get("/custody/export.csv")
    rows = list(csv.DictReader(io.StringIO(listed.text, newline="")))
    assert [row["number"] for row in rows] == [str(n) for n in range(len(rows))]
    (*_, person) = [x["actor"] for x in rows if x["act"] == "custody.exported"]
    mine = desk.browser.get(f"/custody/export.csv?person={person}")
    assert "attachment" in mine.headers["content-disposition"]
    own = list(csv.DictReader(io.StringIO(mine.text, newline="")))
    assert own
    assert all(person in (row["actor"], row["object"]) for row in own)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("recording=x", 404),
        ("person=", 200),
        ("person=x&device=y", 400),
        ("device=x", 404),
    ],
)
def test_what_is_not_there_or_not_one_thing_is_refused(
    desk: Desk, query: str, status: int
) -> None:
    assert desk.browser.get(f"/custody/export.csv?{query}").status_code == status
