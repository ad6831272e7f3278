"""The second verifier, JavaScript in Node.js, held against the first one."""

import base64
import json
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lapel.proof.companions import Companions
from lapel.proof.recording import Report, judge
from lapel.proof.trust import Trust
from lapel.sim.forge import NOON_MS

PAGE: Final = Path(__file__).parents[2] / "src" / "lapel" / "proof" / "page"
HERE: Final = Path(__file__).parent / "js"
_DETAIL: Final = re.compile(
    r"((?:GENESIS|LINK|END|the closing entry|proves nothing)): .*"
)


def trust_files(trust: Trust) -> list[bytes]:
    """Write what is trusted as files again."""
    return [
        *(one.to_pem() for one in trust.authorities),
        *(one.to_pem() for one in trust.receipt_keys),
        *(one.vkey.encode() + b"\n" for one in trust.logs),
        *(one.to_pem() for one in trust.revocations),
    ]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def plain(reason: str) -> str:
    """Leave out why a parser refused: each has words of its own for that."""
    return _DETAIL.sub(r"\1", reason)


@dataclass
class Twin:
    """One Node.js process that judges what it is given."""

    process: "subprocess.Popen[str]"

    def judge(
        self, data: bytes, trust: Trust, now_ms: int, beside: Companions
    ) -> dict[str, object]:
        """Have the second verifier judge."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        case = {
            "data": _text(data),
            "trust": [_text(file) for file in trust_files(trust)],
            "now_ms": now_ms,
            "closing": None if beside.closing is None else _text(beside.closing),
            "anchors": [_text(raw) for raw in beside.anchors],
            "receipts": [_text(raw) for raw in beside.receipts],
            "clip": beside.clip,
        }
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        found: dict[str, object] = json.loads(self.process.stdout.readline())
        return found

    def custody(self, data: bytes, recording: bytes, trust: Trust) -> dict[str, object]:
        """Have the second verifier judge a package's custody and parts."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        case = {
            "data": _text(data),
            "recording": _text(recording),
            "trust": [_text(file) for file in trust_files(trust)],
        }
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        found: dict[str, object] = json.loads(self.process.stdout.readline())
        return found

    def agrees(
        self,
        data: bytes,
        trust: Trust,
        beside: Companions | None = None,
        now_ms: int = NOON_MS,
    ) -> Report:
        """Judge with both; they say the same of it, or this fails."""
        beside = beside or Companions()
        report = judge(memoryview(data), trust, now_ms, beside)
        found = self.judge(data, trust, now_ms, beside)
        said = str(found.pop("reasons"))
        words = found.pop("words")
        assert found == told(report)
        assert isinstance(words, str)
        assert plain(words) == plain(report.words)
        assert [plain(one) for one in said.splitlines()] == [
            plain(one) for one in report.reasons
        ]
        return report


def told(report: Report) -> dict[str, object]:
    """What both must say of a file."""
    return {
        "verdict": report.verdict.value,
        "integrity": report.integrity.value,
        "exit": report.verdict.exit_code,
        "size": report.extent.size,
        "start_ms": report.extent.start_ms,
        "end_ms": report.extent.end_ms,
        "units": len(report.chain.links) if report.chain else 0,
        "anchor": report.anchor.fingerprint.hex() if report.anchor else None,
        "receipts": [one.index for one in report.receipts],
        "proof_ms": report.proof_ms,
    }


@contextmanager
def running(node: Path, *more: str) -> Generator[Twin]:
    """Start the second verifier; with `old` as in a browser without Ed25519."""
    with subprocess.Popen(  # noqa: S603
        [str(node), str(HERE / "judge.mjs"), str(PAGE), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Twin(process)
        assert process.stdin is not None
        process.stdin.close()
