"""`lapel witness`: see to it that a custody log only grows, and cosign it."""

import json
import signal
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.cli import custody
from lapel.cli.witnessing import Door, Witness, key_in
from lapel.ports.system import SystemClock

app = App(
    name="witness",
    help="""Watch custody logs: cosign what only grows, and raise the alarm at a fork.

    Example: lapel witness serve --dir witness --name court.example --trust agency.pem

    It speaks C2SP tlog-witness, keeps the newest checkpoint of each log, and sees no
    act. Run it where nobody of the agency can reach it.
    """,
)
Place = Annotated[Path, Parameter(name="--dir", help="The witness's folder.")]


@app.command
def serve(
    *,
    folder: Place,
    trust: custody.Trusted,
    name: str = "",
    host: str = "127.0.0.1",
    port: int = 8650,
) -> int:
    """Answer logs that hand in checkpoints, until stopped.

    The first line that it prints is JSON: its address and its key line. Put a proxy
    with TLS in front where the network is not your own.

    Args:
        folder: The witness's folder; made the first time, with a key.
        trust: Files with the keys of the logs to watch.
        name: What the witness is called; needed the first time.
        host: Where it listens.
        port: The port; 0 is any free one.

    """
    logs = custody.keys(trust)
    key = key_in(folder, name)
    witness = Witness(folder, key, logs, SystemClock(), _say)
    with Door(host, port, witness) as door:
        url = f"http://{host}:{door.port}"
        ready = {"url": url, "vkey": key.verifier.vkey, "logs": len(logs)}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            door.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return 0
    return 0


@app.command
def state(*, folder: Place, trust: custody.Trusted) -> int:
    """Print the witness's key line, and what it last cosigned of each log.

    Exit code 1 when a log was forked.

    Args:
        folder: The witness's folder.
        trust: Files with the keys of the logs it watches.

    """
    key = key_in(folder, "")
    witness = Witness(folder, key, custody.keys(trust), SystemClock(), _say)
    sys.stdout.write(f"key   {key.verifier.vkey}\n")
    forked = False
    for log in witness.logs:
        words = f"{witness.seen(log).size} acts"
        if witness.stopped(log):
            forked, words = True, "FORKED: two signed trees; the other is in the folder"
        sys.stdout.write(f"log   {log.name}: {words}\n")
    return int(forked)


def _say(words: str) -> None:
    sys.stderr.write(f"witness: {words}\n")
    sys.stderr.flush()
