"""Before a privileged act: whoever is signed in proves anew who they are.

What was typed comes back with the proof, so nothing is typed twice.
"""

from typing import Any

from litestar import Response

from lapel.base.errors import RefusedError
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import AnyRequest, Visit

FIELD = "proof"
"""The field of a form that bears the password."""

Pairs = list[tuple[str, str]]


async def ask(
    request: AnyRequest, desk: Desk, here: Visit, pairs: Pairs
) -> Response[Any] | None:
    """Give the page that asks who it is; None when that is known well enough."""
    password = dict(pairs).get(FIELD)
    if password is None:
        return None if _fresh(desk, here) else page(request, desk, here, pairs)
    sessions = desk.site.people.sessions
    try:
        await desk.site.in_thread(sessions.prove, here.session, password, here.address)
    except RefusedError as error:
        return page(request, desk, here, pairs, error)
    return None


def ask_before(request: AnyRequest, desk: Desk, here: Visit) -> Response[Any] | None:
    """Give the page that asks who it is, and comes back to this address."""
    if _fresh(desk, here):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return page(request, desk, here, [("next", request.url.path + query)])


def page(
    request: AnyRequest,
    desk: Desk,
    here: Visit,
    pairs: Pairs,
    error: RefusedError | None = None,
) -> Response[Any]:
    """Ask who it is; `pairs` is what comes back with the answer."""
    kept = [(name, value) for name, value in pairs if name not in {"csrf", FIELD}]
    wrong = error is not None and error.reason == "wrong"
    reference = "" if error is None else _noted(request, desk, error)
    values: dict[str, object] = {
        "action": "/account/proof" if request.method == "GET" else request.url.path,
        "kept": kept,
        "left": str(error) if wrong else "",
        "rests": error is not None and not wrong,
        "minutes": rules.REST_MS // 60_000,
        "fresh_minutes": rules.PROOF_MS // 60_000,
        "reference": reference,
    }
    status = 403 if error is None or wrong else 429
    answer = desk.page("proof.html", here, values, status)
    if status == 429:
        answer.headers["Retry-After"] = str(rules.REST_MS // 1000)
    return answer


def _noted(request: AnyRequest, desk: Desk, error: RefusedError) -> str:
    return note(error, request.url.path, desk.site.ground.entropy)


def _fresh(desk: Desk, here: Visit) -> bool:
    return rules.is_fresh(here.session.proved_ms, desk.site.ground.clock.utc_ms())
