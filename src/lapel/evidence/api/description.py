"""What the OpenAPI document says of every route alike: refusals, and ways elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

REFUSAL: Final = "Refusal"
"""The name of the schema of errors as programs get them."""

_REFUSED: Final = "Refused: nothing was changed; the answer says what to do"
_FAILED: Final = "Failed on the server, or too busy; nothing was lost"
_PAGE: Final[Mapping[str, Any]] = {"text/html": {"schema": {"type": "string"}}}
_ELSEWHERE: Final[Mapping[str, Any]] = {
    "description": "Elsewhere: where a form leads, or to the sign-in",
    "headers": {"location": {"schema": {"type": "string"}, "required": True}},
}
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "title": REFUSAL,
    "required": ["code", "detail", "reference"],
    "properties": {
        "code": {"type": "string", "description": "stable, for programs"},
        "detail": {"type": "string", "description": "what to do, in English"},
        "reference": {"type": "string", "description": "it also stands in the log"},
    },
    "additionalProperties": False,
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Give `document` with the answers that no handler declares because all have them.

    Pages answer people in HTML; whatever is for programs is refused in JSON.
    """
    schemas = document["components"].setdefault("schemas", {})
    schemas[REFUSAL] = dict(_SCHEMA)
    for path, way, operation in _operations(document):
        answers = operation["responses"]
        answers.pop("400", None)
        programs = for_programs(path)
        if not programs:
            _as_page(way, answers)
        answers["4XX"] = _refused(_REFUSED, programs=programs, way=way)
        answers["5XX"] = _refused(_FAILED, programs=programs, way=way)
    return document


def for_programs(path: str) -> bool:
    """Whether an address answers programs, in JSON, and not people."""
    return path.endswith(".json") or path.startswith(("/log/", "/api/", "/device/"))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, ways in document["paths"].items():
        for way, operation in ways.items():
            yield path, way, operation


def _as_page(way: str, answers: dict[str, Any]) -> None:
    """Let a form be answered by a page or lead to one; nothing is created for it."""
    made = answers.pop("201", None) if way == "post" else None
    if made is not None:
        answers["200"] = {"description": "A page", "content": dict(_PAGE)}
    answers["303"] = dict(_ELSEWHERE)


def _refused(words: str, *, programs: bool, way: str) -> dict[str, Any]:
    if way == "head":
        return {"description": words}
    schema = {"schema": {"$ref": f"#/components/schemas/{REFUSAL}"}}
    content = {"application/json": schema} if programs else dict(_PAGE)
    return {"description": words, "content": content}
