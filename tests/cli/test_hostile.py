"""`lapel verify` and `lapel open` on what was laid there to mislead or stop them."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from lapel.base.errors import MalformedError
from lapel.crypto.note import LogKey
from lapel.crypto.revocation import Revocation, make_list
from lapel.proof import package
from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.sim.forge import NOON_MS, Signer, Story, authority, closing, make
from lapel.wire.custody import Checkpoint
from tests.cli.world import AGENCY, CAMERA, NOW, run
from tests.golden import media

MADE = make(media(), CAMERA)
LYING = "x\n\x1b[2JAUTHENTIC [authentic]"


def verify(folder: Path, *words: str | Path) -> int:
    return run("verify", folder, "--trust", folder / "agency.pem", NOW, *words)


def codes(out: str) -> dict[str, str]:
    return {Path(f["path"]).name: f["code"] for f in json.loads(out)["files"]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with one good recording and the agency's certificate."""
    (tmp_path / "good.mp4").write_bytes(MADE.clear)
    (tmp_path / "agency.pem").write_bytes(AGENCY.certificate.to_pem())
    return tmp_path


def test_names_cannot_write_a_verdict(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make(media(), CAMERA, Story(changes={"model": LYING}))
    (place / "good.mp4").unlink()
    (place / f"{LYING}.mp4").write_bytes(made.clear)
    (place / "\udcff.mp4").write_bytes(b"\0\0\0\x20f\n\x1b[A" + bytes(40))
    assert verify(place) == 2
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert not [line for line in out.splitlines() if line.startswith("AUTHENTIC")]
    lines = [line for line in out.splitlines() if not line.startswith("  ")]
    assert lines == [
        "SIGNED, SIGNER UNKNOWN [unknown-signer]",
        "",
        "UNREADABLE [unreadable]",
    ]


def test_a_file_that_cannot_be_judged_does_not_hide_the_others(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "junk.zip").write_bytes(b"PK\3\4" + bytes(100))
    (place / "empty.mp4").write_bytes(b"")
    (place / "gone.mp4").symlink_to(place / "nowhere")
    os.mkfifo(place / "pipe.mp4")
    (place / "large.mp4").write_bytes(MADE.clear)
    with (place / "large.closing").open("wb") as file:
        file.truncate(17 << 20)
    assert verify(place, "--json") == 2
    found = codes(capsys.readouterr().out)
    assert found.pop("good.mp4") == "authentic"
    assert len(found) == 5
    assert set(found.values()) == {"unreadable"}
    (place / "bad.mp4").write_bytes(MADE.clear + b"\0")
    assert verify(place) == 1
    assert run("verify", place / "pipe.mp4") == 2


def test_the_gravest_of_a_folder_decides_the_exit_code(place: Path) -> None:
    assert verify(place) == 0
    (place / "a.mp4").write_bytes(make(media(), Signer.of(authority())).clear)
    assert verify(place) == 2
    (place / "b.mp4").write_bytes(b"".join(MADE.parts[:-1]))
    assert verify(place) == 3
    (place / "c.mp4").write_bytes(MADE.clear + b"\0")
    assert verify(place) == 1


def test_a_folder_without_a_recording_and_one_that_loops_end(place: Path) -> None:
    (place / "inner").mkdir()
    assert run("verify", place / "inner") == 66
    (place / "inner" / "loop").symlink_to(place)
    assert verify(place) == 0


def test_a_folder_that_may_not_be_looked_into_is_named(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "shut").mkdir(mode=0)
    root = os.geteuid() == 0
    assert verify(place) == (0 if root else 66)
    assert root or "shut" in capsys.readouterr().err


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"junk",
        b"{",
        b'{"checkpoints":' + b"[" * 100_000,
        b'{"checkpoints":[1e999]}',
    ],
    ids=["empty", "junk", "cut", "deep", "huge"],
)
def test_a_junk_file_of_checkpoints_is_reported_beside_the_verdict(
    place: Path, capsys: pytest.CaptureFixture[str], junk: bytes
) -> None:
    (place / "good.checkpoint").write_bytes(junk)
    assert verify(place) == 0
    out = capsys.readouterr().out
    assert out.startswith("AUTHENTIC [authentic]")
    assert "proves nothing" in out


def test_checkpoints_of_a_forked_log_are_grave(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogKey.generate("evidence.example/north")
    (place / "log.vkey").write_text(log.verifier.vkey + "\n")
    given: list[str | Path] = ["--trust", place / "log.vkey"]
    for number in range(2):
        path = place / f"{number}.note"
        path.write_text(log.sign(Checkpoint(log.name, 8, bytes((number,)) * 32)))
        given += ["--checkpoint", path]
    assert verify(place, *given[:4]) == 0
    assert verify(place, *given) == 1
    assert "FORKED" in capsys.readouterr().out


def test_anchors_that_are_none_are_reported(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "junk").write_bytes(b"junk")
    assert verify(place, "--anchor", place / "junk", "--receipt", place / "junk") == 0
    out = capsys.readouterr().out
    assert "an anchor proves nothing" in out
    assert ") proves nothing" in out


@pytest.mark.parametrize("option", ["--trust", "--key"])
def test_a_junk_file_on_the_command_line_is_named(
    place: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    (place / "junk.pem").write_bytes(b"junk\n")
    assert run("verify", place / "good.mp4", option, place / "junk.pem") == 65
    assert "junk.pem: not a" in capsys.readouterr().err


def test_what_a_package_brings_is_named_but_not_trusted(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = {package.CERTIFICATES: AGENCY.certificate.to_pem()}
    data = b"".join(package.build(small, iter([MADE.clear])))
    (place / "proof.bin").write_bytes(data)
    assert run("verify", place / "proof.bin", NOW) == 2
    out = capsys.readouterr().out
    assert "AUTHENTIC" not in out
    assert f"certificate {AGENCY.certificate.fingerprint.hex()}; not trusted" in out


def test_a_revocation_in_a_package_counts_where_its_ca_is_trusted(place: Path) -> None:
    chain = judge(memoryview(MADE.clear), Trust(), NOON_MS).chain
    assert chain is not None
    number = chain.certificates[0].number
    for issuer, code in ((AGENCY, 2), (authority(), 1)):
        past = Revocation(number, NOON_MS - 1000, NOON_MS - 1000)
        small = {package.REVOCATIONS: make_list(issuer, [past], NOON_MS).to_pem()}
        data = b"".join(package.build(small, iter([MADE.clear])))
        (place / "proof.zip").write_bytes(data)
        given = ("--trust", place / "agency.pem", NOW)
        assert run("verify", place / "proof.zip", *given) == code


def test_a_package_of_many_names_is_refused_before_they_are_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(70_000):
            made.writestr(f"{number}", b"")
    assert zipfile.ZipFile(file).infolist()
    with pytest.raises(MalformedError, match="too many names"):
        package.open_package(file)


def test_opening_says_what_it_left_out(
    shift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, out = shift / "evidence.pem", shift / "out.mp4"
    whole = (shift / "b.sealed").read_bytes()
    for data in (whole[:-5], whole[:-1] + bytes((whole[-1] ^ 1,)), whole + b"\0"):
        (shift / "b.sealed").write_bytes(data)
        assert run("open", shift / "b.sealed", "--key", key, "-o", out, "--force") == 3
        assert "not in the copy" in capsys.readouterr().err
        assert out.read_bytes().startswith(MADE.parts[0][:700])
    (shift / "b.sealed").write_bytes(whole[:100])
    out.unlink()
    assert run("open", shift / "b.sealed", "--key", key, "-o", out) == 65
    assert not out.exists()
    assert run("open", shift / "b.sealed", "--key", key, "-o", shift / "no/out") == 66
    assert not list(shift.glob(".lapel-open-*"))


def test_a_closing_entry_by_name_that_is_junk_is_tampering(place: Path) -> None:
    (place / "good.closing").write_bytes(closing(MADE, MADE.clear, sealed=False))
    assert verify(place) == 0
    (place / "good.closing").write_bytes(b"junk")
    assert verify(place) == 1
