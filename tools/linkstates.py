"""The page of the link's states, roles and reasons, drawn from its tables."""

from enum import Enum

from lapel.protocol import app_link, camera_link, camera_links, control, link, pairing
from lapel.protocol.link import REJECTS, EventT, StateT, Table, Why
from lapel.wire.control import LinkVerb
from lapel.wire.grant import GrantRole

LIMITS = {
    "a link, to the end of its handshake; a session, to its first frame": (
        link.HALF_OPEN_MS
    ),
    "pairing mode": pairing.WINDOW_MS,
    "people who compare, and the Event button after the code": link.COMPARE_MS,
    "a session": link.SESSION_MS,
}
COUNTS = {
    "links half open at once": camera_links.HALF_OPEN_MOST,
    "failed pairings until pairing mode closes": pairing.FAILURES_MOST,
}
MEANINGS = {
    Why.FORMAT: "bytes, or an order, that the format does not have",
    Why.VERSION: "no common version or suite",
    Why.NOT_PAIRING: "the camera is not in pairing mode",
    Why.CRYPTO: "a handshake, frame or grant does not hold",
    Why.BUSY: "too many links, or a pairing is at work",
    Why.LATE: "a deadline passed",
    Why.POLICY: "the agency has switched View or Bluetooth off, or changed its demands",
    Why.UNVERIFIED: "the pairing would not meet what the agency demands",
    Why.DIFFERENT: "people saw different codes",
    Why.PAIRED: "the pairing is done; a session follows",
    Why.STORAGE: "the new record could not be stored; the old one holds",
    Why.UNPAIRED: "the pairing was undone",
    Why.REPLACED: "another pairing or session took its place",
    Why.WORN_OUT: "twelve hours are over",
    Why.GONE: "the connection was lost",
}


def _name(one: Enum) -> str:
    return one.name.lower().replace("_", " ")


def _diagram(table: Table[StateT, EventT]) -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {table.first.name}"]
    for (state, event), following in table.rows.items():
        lines.append(f"    {state.name} --> {following.name}: {event.value}")
    return (
        "```mermaid\n"
        + "\n".join([*lines, f"    {table.over.name} --> [*]"])
        + "\n```\n"
    )


def _rows(table: Table[StateT, EventT]) -> str:
    text = "| state | waits for | event | then |\n|---|---|---|---|\n"
    for state in type(table.first):
        for (begin, event), following in table.rows.items():
            if begin is state:
                then = f"{event.value} | {_name(following)}"
                text += f"| {_name(state)} | {state.value} | {then} |\n"
    return text


def _end(title: str, table: Table[StateT, EventT]) -> str:
    return (
        f"\n## {title}\n\nWhat is not in the table drops the link. From any state it "
        f"ends with {table.end.value}.\n\n{_diagram(table)}\n{_rows(table)}"
    )


def _verbs() -> str:
    apps = (GrantRole.VIEW, GrantRole.VIEW_XL)
    text = "\n## Who may ask what\n\n| verb | name | View | View XL | served |\n"
    text += "|---|---|---|---|---|\n"
    for verb in LinkVerb:
        may = ["yes" if role in control.ROLES[verb] else "no" for role in apps]
        served = "yes" if verb in control.ARGUMENTS else "not yet"
        text += f"| {verb.value} | {_name(verb)} | {' | '.join(may)} | {served} |\n"
    return text


def _reasons() -> str:
    text = (
        "\n## Why a link ends\n\n| reason | meaning | said in clear |\n|---|---|---|\n"
    )
    for why in Why:
        code = REJECTS.get(why)
        said = f"`7f {code.value:02x}`" if code else "nothing"
        text += f"| `{why.value}` | {MEANINGS[why]} | {said} |\n"
    return text


def _limits() -> str:
    text = "\n## Limits\n\n| what | most |\n|---|---|\n"
    for what, ms in LIMITS.items():
        long = ms // 1000
        text += (
            f"| {what} | {long // 3600} h |\n"
            if long > 3600
            else (f"| {what} | {long} s |\n")
        )
    return text + "".join(f"| {what} | {most} |\n" for what, most in COUNTS.items())


def page(note: str) -> str:
    """Build the page."""
    return (
        f"# The states of the link\n\n{note}"
        "The bytes stand in [the link, byte for byte](link.md).\n"
        + _end("The camera's end", camera_link.TABLE)
        + _end("The app's end", app_link.TABLE)
        + _limits()
        + _verbs()
        + _reasons()
    )
