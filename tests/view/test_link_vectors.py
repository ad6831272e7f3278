"""The link in JavaScript against the golden vectors, in Node.js."""

import json
import subprocess
from pathlib import Path

from lapel.protocol.app_link import TABLE, AppEvent, AppState
from tests.golden import VECTORS
from tests.view.scripted import HERE, MODULES, Engine

LEFT = ("hello: app hello", "cbor_cose: sign genesis")
"""Hellos that only a camera reads; a document with certificates, which no link has."""


def test_every_golden_vector_holds_and_every_flipped_byte_fails(node: Path) -> None:
    command = [str(node), str(HERE / "run.mjs"), str(MODULES), str(VECTORS)]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    found = json.loads(done.stdout)
    assert not found["failed"]
    assert all(title.startswith(LEFT) for title in found["left"])
    assert len(found["left"]) == 7
    assert len(found["held"]) > 100


def test_the_app_s_table_is_that_of_the_machine_in_python(engine: Engine) -> None:
    (rows,) = engine.do(act="table")["outputs"]
    ours = {
        f"{state.name} {event.name}": following.name
        for (state, event), following in TABLE.rows.items()
    }
    assert rows == ours
    assert {word for pair in rows for word in pair.split()} <= {
        *(state.name for state in AppState),
        *(event.name for event in AppEvent),
    }
