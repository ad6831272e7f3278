"""What was found of a package's parts, in words for people and as plain data."""

from lapel.proof.custody import CLIENT, Told
from lapel.proof.enclosed import Enclosed, Whole
from lapel.proof.report import Line
from lapel.proof.verdict import utc
from lapel.wire.custody import ActorKind

_WORDS = {
    Whole.WHOLE: "as the custody log says that it was made",
    Whole.UNPROVEN: "agrees with itself; nobody you trust says that it was made so",
    Whole.TAMPERED: "TAMPERED",
}
_FIELDS = {CLIENT: "from", 1: "by", 2: "role", 3: "text", 4: "before"}


def lines(enclosed: Enclosed) -> list[Line]:
    """Give the verdict on the package, its reasons, the acts, what is not said."""
    found = [Line("package", _WORDS[enclosed.code])]
    found += [Line("package", text) for text in enclosed.wrong]
    found += [Line("package", text) for text in enclosed.notes]
    if enclosed.entries:
        found.append(Line("journal", f"{enclosed.entries} entries follow each other"))
    found += [Line("act", _act(one)) for one in enclosed.acts]
    if enclosed.checkpoint is not None:
        point = enclosed.checkpoint
        found.append(Line("checkpoint", f"{point.size} acts of {point.origin}"))
        found.append(Line("not said", not_said(enclosed)))
    return found


def not_said(enclosed: Enclosed) -> str:
    """Tell what an extract leaves open."""
    last = enclosed.acts[-1].number if enclosed.acts else 0
    return f"It does not say what was done with the recording after act {last}."


def _act(told: Told) -> str:
    kind = ActorKind(told.leaf.actor[0]).name.lower()
    said = f"{told.number}, {utc(told.leaf.time_ms)}: {told.leaf.action}"
    said += f" by {kind} {told.leaf.actor[1]}"
    texts = [f"{_name(n)}: {text}" for n, text in sorted(told.texts.items()) if text]
    texts += [f"{_name(number)}: no longer kept" for number in told.hidden]
    return f"{said} ({'; '.join(texts)})" if texts else said


def _name(number: int) -> str:
    return _FIELDS.get(number, f"text {number}")


def data(enclosed: Enclosed) -> dict[str, object]:
    """Give it as JSON values; the keys are stable."""
    point = enclosed.checkpoint
    return {
        "code": enclosed.code.value,
        "wrong": list(enclosed.wrong),
        "notes": list(enclosed.notes),
        "journal_entries": enclosed.entries,
        "origin": None if point is None else point.origin,
        "size": None if point is None else point.size,
        "acts": [
            {
                "number": one.number,
                "time_ms": one.leaf.time_ms,
                "action": one.leaf.action,
                "actor": [int(one.leaf.actor[0]), one.leaf.actor[1]],
                "texts": {str(n): text for n, text in sorted(one.texts.items())},
                "hidden": list(one.hidden),
            }
            for one in enclosed.acts
        ],
    }
