"""`lapel verify` and `lapel open` as people run them."""

import json
from pathlib import Path

import pytest

from lapel.crypto.keys import PrivateKey
from lapel.proof import package
from lapel.sim.forge import closing, make
from tests.cli.world import CAMERA, NOW, run
from tests.golden import media


def test_the_first_line_is_the_words_and_the_code(
    shift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("verify", shift / "a.mp4", "--trust", shift / "agency.pem", NOW)
    assert code == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "AUTHENTIC [authentic]"
    names = [line[2:13].strip() for line in rest]
    assert names[:4] == ["file", "signer", "span", "reason"]
    assert names[-1] == "not said"


def test_a_folder_is_judged_with_what_stands_beside(
    shift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust, key = shift / "agency.pem", shift / "evidence.pem"
    assert run("verify", shift, "--trust", trust, "--key", key, "--json", NOW) == 0
    read = json.loads(capsys.readouterr().out)
    codes = {Path(f["path"]).name: f["code"] for f in read["files"]}
    assert codes == {"a.mp4": "authentic", "b.sealed": "closed-by-power-loss"}


def test_without_trust_the_signer_is_unknown_and_named(
    shift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", shift / "a.mp4", NOW) == 2
    out = capsys.readouterr().out
    assert out.startswith("SIGNED, SIGNER UNKNOWN [unknown-signer]")
    assert "AUTHENTIC" not in out
    assert "certificate " in out


def test_an_altered_file_says_where_and_why(
    shift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray((shift / "a.mp4").read_bytes())
    data[2700] ^= 1
    (shift / "a.mp4").write_bytes(data)
    assert run("verify", shift / "a.mp4", "--trust", shift / "agency.pem", NOW) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("TAMPERED behind byte")
    assert "unit 1 is not what the camera signed [tampered]" in first


def test_opening_gives_a_clear_copy_that_verifies(shift: Path) -> None:
    key, out = shift / "evidence.pem", shift / "out.mp4"
    assert run("open", shift / "b.sealed", "--key", key, "-o", out) == 0
    given = ("--closing", shift / "b.closing", "--trust", shift / "agency.pem", NOW)
    assert run("verify", out, *given) == 0
    assert run("open", shift / "b.sealed", "--key", key, "-o", out) == 77
    assert run("open", shift / "b.sealed", "--key", key, "-o", out, "--force") == 0


def test_opening_with_a_wrong_key_leaves_nothing(shift: Path) -> None:
    (shift / "other.pem").write_bytes(PrivateKey.generate().to_pem())
    before = sorted(shift.iterdir())
    out = shift / "out.mp4"
    assert run("open", shift / "b.sealed", "--key", shift / "other.pem", "-o", out) != 0
    assert sorted(shift.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("verify", "--bogus"), 64),
        (("verify", "a", "--now", "noon"), 64),
        (("bogus",), 64),
        (("verify", "nothing-here.mp4"), 66),
        (("verify",), 64),
        (("verify", "--json"), 64),
    ],
)
def test_wrong_command_lines_have_their_exit_code(
    words: tuple[str, ...], code: int
) -> None:
    assert run(*words) == code


def test_a_proof_package_is_verified_as_it_is(
    shift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make(media(), CAMERA)
    small = {
        package.CLOSING: closing(made, made.clear, sealed=False),
        package.REPORT: b"words for people",
    }
    data = b"".join(package.build(small, iter([made.clear])))
    (shift / "proof.zip").write_bytes(data)
    trust = ("--trust", shift / "agency.pem", NOW)
    assert run("verify", shift / "proof.zip", *trust) == 0
    assert capsys.readouterr().out.startswith("AUTHENTIC [authentic]")
    clip = b"".join((made.parts[0], made.parts[2]))
    data = b"".join(package.build({package.CLIP: b""}, iter([clip])))
    (shift / "proof.zip").write_bytes(data)
    assert run("verify", shift / "proof.zip", *trust) == 0
    assert "AUTHENTIC CLIP, seconds 1 to 2 [clip]" in capsys.readouterr().out
    for junk in (b"PK", data[:-1], data[:50]):
        (shift / "proof.zip").write_bytes(junk)
        assert run("verify", shift / "proof.zip", *trust) == 2
        assert capsys.readouterr().out.startswith("UNREADABLE [unreadable]")
