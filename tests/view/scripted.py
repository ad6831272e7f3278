"""The app's end of a link as the page has it: JavaScript, in Node.js."""

import json
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from lapel.base.clock import ClockQuality
from lapel.base.errors import RefusedError
from lapel.crypto.digest import sha256
from lapel.crypto.link import Code as Shown
from lapel.crypto.noise import P256Pair
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.control import RESULTS
from lapel.protocol.link import (
    Answered,
    Ended,
    Judged,
    Keep,
    Noticed,
    Now,
    Opened,
    Output,
    Proved,
    Send,
    Show,
    Why,
)
from lapel.protocol.pairing import Identity
from lapel.wire.control import LinkVerb, State
from lapel.wire.document import Document
from lapel.wire.grant import GrantRole
from lapel.wire.pairing import How, Record
from lapel.wire.port import Code

Said: TypeAlias = dict[str, Any]
HERE = Path(__file__).parent / "js"
MODULES = Path(__file__).parents[2] / "src" / "lapel" / "view" / "web" / "link"


@dataclass
class Engine:
    """One Node.js process that holds the app's ends of many links."""

    process: "subprocess.Popen[str]"
    links: int = 0

    def do(self, **given: object) -> Said:
        """Have one act done; gives outputs and state."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        found: Said = json.loads(self.process.stdout.readline())
        if found.get("error") == "refused":
            raise RefusedError(found["reason"], found["words"])
        assert "error" not in found, found["words"]
        return found

    def app(self, identity: Identity, wish: Wish) -> "ScriptedApp":
        """Make the app's end of one more link."""
        self.links += 1
        return ScriptedApp(self, self.links, identity, wish)

    def token(self, record: Record, slot: int) -> bytes:
        """Give the token that the page looks for."""
        return bytes.fromhex(
            self.do(act="token", record=record.h.hex(), slot=slot)["outputs"][0]
        )


@contextmanager
def running(node: Path) -> Generator[Engine]:
    """Run the engine."""
    process = subprocess.Popen(  # noqa: S603
        [str(node), str(HERE / "app.mjs"), str(MODULES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Engine(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


class ScriptedApp:
    """The app's end of one link; acts and outputs are those of `AppLink`."""

    def __init__(
        self, engine: Engine, link: int, identity: Identity, wish: Wish
    ) -> None:
        """Prepare."""
        static, trust, demands = identity.static, identity.trust, wish.demands
        assert isinstance(static, P256Pair)
        self.state = AppState.HELLO
        self._due: int | None = None
        self._engine, self._link = engine, link
        self._verbs: dict[int, LinkVerb] = {}
        engine.do(
            act="open",
            link=link,
            secret=static.private.secret.hex(),
            grant=identity.grant.hex(),
            roles=[int(role) for role in trust.roles],
            grantKey=trust.grant_key.point.hex() if trust.grant_key else None,
            tenant=trust.tenant,
            holders=None if trust.holders is None else sorted(trust.holders),
            record=wish.record.h.hex() if wish.record else None,
            demands={
                "grant": demands.grant,
                "compared": demands.compared,
                "button": demands.button,
            },
            compare=wish.compare,
        )

    def start(self, now: Now) -> list[Output]:
        """Say hello."""
        return self._do("start", now=moment(now))

    def value(self, value: bytes, now: Now) -> list[Output]:
        """Take what the camera notified."""
        return self._do("value", value=value.hex(), now=moment(now))

    def same(self, now: Now) -> list[Output]:
        """Take the user's word."""
        return self._do("same", now=moment(now))

    def kept(self, now: Now) -> list[Output]:
        """Hear that the record is stored."""
        return self._do("kept", now=moment(now))

    def next_deadline(self) -> int | None:
        """When `tick` has something to do."""
        return self._due

    def tick(self, now: Now) -> list[Output]:
        """Let time pass."""
        return self._do("tick", now=moment(now))

    def end(self, why: Why) -> list[Output]:
        """End the link."""
        return self._do("end", why=why.value)

    def ask(self, verb: LinkVerb, arguments: Document) -> list[Output]:
        """Ask something."""
        outputs = self._do("ask", verb=int(verb), arguments=arguments.encode().hex())
        self._verbs[len(self._verbs) + 1] = verb
        return outputs

    def _do(self, act: str, **given: object) -> list[Output]:
        found = self._engine.do(act=act, link=self._link, **given)
        self.state = AppState[found["state"]]
        self._due = found["due"]
        return [self._output(one) for one in found["outputs"]]

    def _output(self, one: Said) -> Output:
        kind = one["kind"]
        if kind == "send":
            return Send(tuple(bytes.fromhex(value) for value in one["values"]))
        if kind == "answered":
            return self._answered(one)
        return READ[kind](one)

    def _answered(self, one: Said) -> Answered:
        verb, result = self._verbs[one["number"]], one["result"]
        read = RESULTS[verb].decode(bytes.fromhex(result)) if result else None
        return Answered(one["number"], Code(one["code"]), read, one["reason"])


def moment(now: Now) -> dict[str, int]:
    return {"monoMs": now.mono_ms, "utcMs": now.utc_ms, "clock": int(now.clock)}


def record(one: Said) -> Record:
    """Give a record; its secrets stay in JavaScript."""
    assert not one["readable"]
    h = bytes.fromhex(one["h"])
    stand_in = sha256(b"not here" + h)
    return Record(
        one["version"],
        bytes.fromhex(one["peer"]),
        stand_in,
        stand_in,
        stand_in,
        h,
        How(one["how"]),
        GrantRole(one["role"]),
        one["utcMs"],
        ClockQuality(one["clock"]),
        one["holder"],
    )


def judged(one: Said) -> Judged:
    found = one["judged"]
    return Judged(GrantRole(found["role"]), found["holder"], found["reason"])


READ: Final[Mapping[str, Callable[[Said], Output]]] = {
    "judged": judged,
    "show": lambda one: Show(
        Shown(one["code"]["digits"], tuple(one["code"]["flashes"]))
    ),
    "noticed": lambda one: Noticed(State.decode(bytes.fromhex(one["state"]))),
    "ended": lambda one: Ended(Why(one["why"])),
    "keep": lambda one: Keep(record(one["record"])),
    "opened": lambda one: Opened(record(one["record"])),
    "proved": lambda one: Proved(record(one["record"])),
}
