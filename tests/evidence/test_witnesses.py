"""A witness and a log's server over real HTTP, away, restarted, and lied to."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest
from sqlalchemy import text

from lapel.base.errors import ConflictError, MalformedError, NotFoundError
from lapel.cli.witnessing import Door, Witness, key_in
from lapel.crypto.note import LogKey, LogVerifier
from lapel.evidence.custody import service, witnesses
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.store.database import Quiet
from lapel.evidence.web import health
from lapel.evidence.web.words import catalogue
from lapel.ports.exchange import Answered, Line
from lapel.ports.system import SystemClock
from lapel.sim.agency import Agency
from lapel.wire.custody import ActorKind, Checkpoint, ObjectKind
from lapel.wire.witnessing import SUBMISSION_MOST, Submission

ELSEWHERE = LogKey.generate("other/log").sign(Checkpoint("other/log", 1, bytes(32)))


def act(agency: Agency) -> None:
    done = Act(
        Actor(ActorKind.USER, "p1"), Action.VIEWED, Target(ObjectKind.RECORDING, "r")
    )
    with agency.site.database.write() as connection:
        service.append(connection, agency.site.stamp(), done)
    agency.site.checkpoints.refresh()


@contextmanager
def standing(agency: Agency, folder: Path, port: int = 0) -> Generator[Door]:
    logs = (LogVerifier.from_vkey(agency.site.vkey),)
    key = key_in(folder, "court.example")
    told: list[str] = []
    witness = Witness(folder, key, logs, SystemClock(), told.append)
    with Door("127.0.0.1", port, witness) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()


def address(door: Door) -> str:
    return f"http://127.0.0.1:{door.port}"


def ask_for(agency: Agency, door: Door) -> None:
    with agency.site.database.write() as connection:
        vkey = door.witness.key.verifier.vkey
        witnesses.add(connection, agency.site.stamp(), address(door), vkey)


def refreshed(agency: Agency) -> witnesses.Witness:
    witnesses.refresh(agency.site.database, agency.site.tenant.id)
    with agency.site.database.read() as connection:
        (one,) = witnesses.everybody(connection, agency.site.tenant.id)
    return one


def size(agency: Agency) -> int:
    head = agency.site.checkpoints.newest()
    assert head is not None
    return head.size


def test_each_new_checkpoint_is_cosigned_and_given_with_its_cosignature(
    agency: Agency, tmp_path: Path
) -> None:
    act(agency)
    with standing(agency, tmp_path / "w") as door:
        ask_for(agency, door)
        act(agency)
        assert refreshed(agency).size == size(agency)
        act(agency)
        one = refreshed(agency)
        assert (one.size, one.fault) == (size(agency), "")
        head = agency.site.checkpoints.newest()
        assert head is not None
        with agency.site.database.read() as connection:
            note = witnesses.cosigned(connection, agency.site.tenant.id, head)
        assert one.key.time_of(note) * 1000 == one.time_ms
        log = LogVerifier.from_vkey(agency.site.vkey)
        assert log.open(note).size == one.size


def test_a_witness_that_is_away_holds_nothing_up_and_is_a_line_to_act_on(
    agency: Agency, tmp_path: Path
) -> None:
    with standing(agency, tmp_path / "w") as door:
        ask_for(agency, door)
        act(agency)
        before, port = refreshed(agency), door.port
    act(agency)
    away = refreshed(agency)
    assert away.size == before.size
    assert "does not answer" in away.fault
    assert not away.grave
    assert not [x for x in health.unwell(agency.site, catalogue()) if "court" in x.what]
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text("UPDATE witnesses SET time_ms = 1"))
    (line,) = [
        one
        for one in health.unwell(agency.site, catalogue())
        if "witnessed" in one.what
    ]
    assert "does not answer" in line.meaning
    with standing(agency, tmp_path / "w", port):
        assert refreshed(agency).size == size(agency)


def test_a_witness_remembers_over_a_restart_and_evidence_may_forget(
    agency: Agency, tmp_path: Path
) -> None:
    act(agency)
    with standing(agency, tmp_path / "w") as door:
        ask_for(agency, door)
        refreshed(agency)
        port = door.port
    act(agency)
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text("UPDATE witnesses SET size = 1"))
    with standing(agency, tmp_path / "w", port):
        assert refreshed(agency).size == size(agency)


def test_a_fork_is_refused_kept_and_nothing_more_is_cosigned(
    agency: Agency, tmp_path: Path
) -> None:
    stem = agency.site.ground.folder.signer
    origin = agency.site.vkey.partition("+")[0]
    (secret,) = stem.glob("*.key")
    stolen = LogKey.from_secret(origin, secret.read_bytes())
    act(agency)
    with standing(agency, tmp_path / "w") as door:
        ask_for(agency, door)
        one = refreshed(agency)
        fork = stolen.sign(Checkpoint(origin, one.size, bytes(32)))
        line = Line(address(door))
        body = Submission(one.size, (), fork).encode()
        answer = line.ask("POST", "add-checkpoint", 1000, body)
        assert answer == Answered(409, f"{one.size}\n".encode())
        kept = next((tmp_path / "w").glob("*.forked"))
        assert kept.read_text() == fork
        act(agency)
        after = refreshed(agency)
        assert "forked" in after.fault
        assert after.grave
        unwell = health.unwell(agency.site, catalogue())
        assert any("forked" in one.meaning for one in unwell)
        line.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", HTTPStatus.BAD_REQUEST),
        (b"old 0\n\nno note", HTTPStatus.BAD_REQUEST),
        (b"\xff" * 100, HTTPStatus.BAD_REQUEST),
        (b"x" * (SUBMISSION_MOST + 1), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (Submission(0, (), ELSEWHERE).encode(), HTTPStatus.NOT_FOUND),
    ],
)
def test_nonsense_at_the_door_gets_its_status(
    agency: Agency, tmp_path: Path, body: bytes, status: int
) -> None:
    with standing(agency, tmp_path / "w") as door:
        line = Line(address(door))
        assert line.ask("POST", "add-checkpoint", 1000, body).status == status
        assert line.ask("POST", "elsewhere", 1000, b"").status == HTTPStatus.NOT_FOUND
        line.close()
    assert not list((tmp_path / "w").glob("*.note"))


def answering(answer: Answered, _url: str, _body: bytes) -> Answered:
    return answer


def test_an_answer_that_is_no_cosignature_is_a_fault(agency: Agency) -> None:
    act(agency)
    key = key_in(agency.site.ground.folder.root / "w", "court.example")
    with agency.site.database.write() as connection:
        stamp, vkey = agency.site.stamp(), key.verifier.vkey
        witnesses.add(connection, stamp, "http://localhost:1", vkey)
        with pytest.raises(ConflictError):
            witnesses.add(connection, stamp, "http://localhost:2", vkey)
    line = key.cosign(b"another body\n", 5).line().encode()
    for answer in (
        Answered(200, b""),
        Answered(200, b"\xff"),
        Answered(200, line),
        Answered(409, b"many"),
        Answered(409, b"9" * 9),
        Answered(500, b"\x1b[2J"),
    ):
        witnesses.refresh(
            agency.site.database, agency.site.tenant.id, partial(answering, answer)
        )
        with agency.site.database.read() as connection:
            (one,) = witnesses.everybody(connection, agency.site.tenant.id)
        assert one.fault
        assert one.size == 0


def test_a_witness_is_named_removed_and_logged(agency: Agency, tmp_path: Path) -> None:
    key = key_in(tmp_path, "court.example")
    assert key_in(tmp_path, "").verifier == key.verifier
    for name in ("other", "a b", ""):
        place = tmp_path if name == "other" else tmp_path / "new"
        with pytest.raises(MalformedError):
            key_in(place, name)
    with agency.site.database.write() as connection:
        stamp = agency.site.stamp()
        good = key.verifier.vkey
        for url, vkey in (("ftp://x", good), ("http://x", agency.site.vkey)):
            with pytest.raises(MalformedError):
                witnesses.add(connection, stamp, url, vkey)
        witnesses.add(connection, stamp, "https://court.example/", key.verifier.vkey)
        witnesses.remove(connection, stamp, "court.example")
        with pytest.raises(NotFoundError):
            witnesses.remove(connection, stamp, "court.example")
        acts = service.latest(connection, agency.site.tenant.id, None, 2)
    assert [one.action for one in acts] == ["witness.removed", "witness.added"]
