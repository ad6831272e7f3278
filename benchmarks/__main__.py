"""`make bench`: run all benchmarks, or those named; write table, JSON and plot."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import air, ingest, link, offload, proofs, recorder, service
from benchmarks.report import Row, write
from tests.golden import media

ROOT = Path(__file__).parent.parent


def _proofs(folder: Path) -> list[Row]:
    return proofs.rows(folder, media())


def _ingest(folder: Path) -> list[Row]:
    return ingest.rows(folder, media())


def _service(folder: Path) -> list[Row]:
    return service.rows(folder, media())


ALL: dict[str, Callable[[Path], list[Row]]] = {
    "ingest": _ingest,
    "link": link.rows,
    "air": air.rows,
    "offload": offload.rows,
    "recorder": recorder.rows,
    "proofs": _proofs,
    "service": _service,
}


def machine() -> str:
    """Name what the figures were made on."""
    name = f"{os.cpu_count()} cores, {platform.machine()}"
    return f"{name}, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--out", type=Path, default=ROOT / "docs/reference")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT / "src")  # noqa: TID251
    rows: list[Row] = []
    for name in given.names or ALL:
        sys.stderr.write(f"benchmark: {name}\n")
        with tempfile.TemporaryDirectory(prefix="lapel-bench-") as folder:
            rows += ALL[name](Path(folder))
    sys.stdout.write(write(rows, given.out, machine()))


if __name__ == "__main__":
    main()
