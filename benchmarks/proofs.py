"""Verifying and opening a recording of 1 GiB, beside sha256sum and age."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Pair, compare
from benchmarks.report import Row
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import new_key, wrap
from lapel.ports.system import system_entropy
from lapel.sim.forge import NOON_MS, Media, Signer, authority, long_media, make

SIZE_MIB = 1024
_LAPEL = (sys.executable, "-m", "lapel.cli")


def prepare(folder: Path, media: Media) -> None:
    """Make the recording, sealed and in the clear, and the peer's file."""
    agency = authority()
    payload = os.urandom(1 << 20)
    made = make(long_media(media, SIZE_MIB, payload), Signer.of(agency))
    (folder / "agency.pem").write_bytes(agency.certificate.to_pem())
    with (folder / "long.mp4").open("wb") as file:
        file.writelines(made.parts)
    key, private = new_key(system_entropy), PrivateKey.generate()
    (folder / "sealed.sealed").write_bytes(made.sealed(key))
    envelope = wrap(key, made.genesis.recording, [private.public])
    (folder / "sealed.envelope").write_bytes(envelope.encode())
    (folder / "evidence.pem").write_bytes(private.to_pem())


def _terms(pair: Pair) -> str:
    ours, peer = pair.ours_s, pair.peer_s
    return (
        f"{ours.median:.2f} s ({ours.least:.2f} to {ours.most:.2f}) against "
        f"{peer.median:.2f} s ({peer.least:.2f} to {peer.most:.2f}), 1 GiB; "
        f"CPU {pair.ours_cpu_s.median:.2f} s against {pair.peer_cpu_s.median:.2f} s"
    )


def rows(folder: Path, media: Media) -> list[Row]:
    """Measure; needs 6 GiB in `folder`."""
    prepare(folder, media)
    given = ("--trust", folder / "agency.pem", "--now", str(NOON_MS))
    verify = (*_LAPEL, "verify", folder / "long.mp4", *given)
    verified = compare(verify, ("sha256sum", folder / "long.mp4"))
    found = [Row("verify", "sha256sum", verified.speed.median, 0.7, _terms(verified))]
    if shutil.which("age") is None:
        sys.stderr.write("left out: open beside age, which is not installed here\n")
        return found
    _age(folder)
    mine, theirs = folder / "a.mp4", folder / "b.mp4"
    key = ("--key", folder / "evidence.pem")
    opening = (*_LAPEL, "open", folder / "sealed.sealed", *key, "-o", mine)
    peer = ("age", "-d", "-i", folder / "age.key", "-o", theirs, folder / "long.age")
    opened = compare(opening, peer, made=(mine, theirs))
    found.append(Row("open", "age -d", opened.speed.median, 1.0, _terms(opened)))
    return found


def _age(folder: Path) -> None:
    subprocess.run(["age-keygen", "-o", folder / "age.key"], check=True)
    public = subprocess.run(
        ["age-keygen", "-y", folder / "age.key"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    out = ("-o", folder / "long.age", folder / "long.mp4")
    subprocess.run(["age", "-r", public, *out], check=True)
