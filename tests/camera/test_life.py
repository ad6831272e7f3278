"""A camera's whole life by chance: whatever is done to it, its recordings are good."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lapel.crypto.certs import Certificate
from lapel.crypto.keys import PublicKey
from lapel.proof.companions import Companions
from lapel.proof.journal import beginning, follow, split
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.camera import SERIAL
from lapel.sim.live import LiveCamera
from lapel.sim.storage import Fate, LoggedFiles, crash
from lapel.sim.tenant import Agency

NOW = 1_790_000_000_000
AGENCY = Agency.found("north", NOW)
GOOD = {Verdict.AUTHENTIC, Verdict.CLOSED_BY_POWER_LOSS}

ACTS = st.one_of(
    st.tuples(
        st.just("press"), st.sampled_from(["event", "function", "power", "battery"])
    ),
    st.tuples(st.just("hold"), st.sampled_from(["event", "function", "battery"])),
    st.tuples(st.just("start"), st.just("")),
    st.tuples(st.just("see"), st.sampled_from(["0.4", "1", "2.6"])),
    st.tuples(st.just("dock"), st.just("")),
    st.tuples(st.just("undock"), st.just("")),
    st.tuples(st.just("cut"), st.sampled_from(["lost", "written", "torn"])),
)


def do(worn: LiveCamera, act: str, what: str) -> LiveCamera:
    """Do one thing to the camera; gives the camera that lives on."""
    match act:
        case "press":
            worn.press(what)
        case "hold":
            worn.press(what, hold_ms=10_100 if what == "battery" else 3100)
        case "start":
            worn.press("event", "event")
        case "see" if worn.camera.capturing:
            worn.see(float(what))
        case "dock":
            worn.dock()
        case "undock":
            worn.undock()
        case "cut":
            return cut(worn, what)
        case _:
            pass
    return worn


def cut(worn: LiveCamera, how: str) -> LiveCamera:
    """Cut the power; storage keeps what a disk may keep."""
    worn.leave()
    assert isinstance(worn.files, LoggedFiles)
    log = list(worn.files.log)
    turn = [0]

    def fate() -> Fate:
        turn[0] += 1
        fates = {"lost": [Fate.LOST], "written": [Fate.WRITTEN]}
        order = fates.get(how, [Fate.WRITTEN, Fate.LOST, Fate.ZEROED])
        return order[turn[0] % len(order)]

    again = LiveCamera(LoggedFiles(crash(worn.files.start, log, fate)))
    again.camera.switch(on=True)
    return again


def check(worn: LiveCamera) -> None:
    """Hold everything that lies there against what it must be."""

    def change(chain: tuple[Certificate, ...]) -> PublicKey:
        return chain[0].public

    entries = split(worn.files.read("journal"))
    assert list(follow(entries, beginning(SERIAL), None, change))
    maker = Certificate.from_der(worn.camera.papers.identity.maker)
    trust = Trust((maker, AGENCY.ca.certificate))
    for kept in worn.camera.store.kept():
        assert kept.closing is not None
        envelope = worn.camera.store.companion(kept.recording, ".envelope")
        report = judge(
            memoryview(worn.files.read(kept.name)),
            trust,
            worn.clock.utc_ms() + 1000,
            Companions(kept.closing),
            Keys((AGENCY.evidence_key,), envelope),
        )
        assert report.verdict in GOOD, (report.line, report.reasons)


def live(acts: list[tuple[str, str]], *, owned: bool) -> None:
    worn = LiveCamera()
    if owned:
        worn.dock()
        worn.adopt(AGENCY)
        worn.undock()
    worn.camera.switch(on=True)
    try:
        for act, what in acts:
            worn = do(worn, act, what)
        worn.camera.shut_down()
        check(worn)
    finally:
        worn.leave()


@settings(max_examples=40)
@given(acts=st.lists(ACTS, max_size=12), owned=st.booleans())
def test_whatever_is_done_every_recording_is_closed_and_good(
    *, acts: list[tuple[str, str]], owned: bool
) -> None:
    live(acts, owned=owned)
