"""Before a privileged act: whoever is signed in proves anew who they are.

What was typed comes back with the proof, so nothing is typed twice.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response

from lapel.base.errors import RefusedError
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules
from lapel.evidence.people.passkeys import to_prove
from lapel.evidence.web import asking
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import AnyRequest, Visit, front_of

FIELD = "proof"
"""The field of a form that bears the password."""

_PROOFS: Final = {"csrf", FIELD, asking.FIELD}
Pairs = list[tuple[str, str]]


async def ask(
    request: AnyRequest, desk: Desk, here: Visit, pairs: Pairs
) -> Response[Any] | None:
    """Give the page that asks who it is; None when that is known well enough."""
    fields = dict(pairs)
    password, passkey = fields.get(FIELD), fields.get(asking.FIELD)
    if password is None and passkey is None:
        return None if _fresh(desk, here) else page(request, desk, here, pairs)
    sessions, mine = desk.site.people.sessions, here.session
    try:
        if passkey:
            use = to_prove(mine)
            shown = asking.shown(request, desk.challenges, passkey, use)
            await desk.site.in_thread(sessions.prove_by_passkey, mine, shown)
        else:
            typed = password or ""
            await desk.site.in_thread(sessions.prove, mine, typed, here.address)
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
    kept = [(name, value) for name, value in pairs if name not in _PROOFS]
    reason = "" if error is None else error.reason
    wrong, of_key = reason == "wrong", reason.startswith("passkey")
    reference = "" if error is None else _noted(request, desk, error)
    values: dict[str, object] = {
        "action": "/account/proof" if request.method == "GET" else request.url.path,
        "kept": kept,
        "left": str(error) if wrong else "",
        "rests": bool(reason) and not wrong and not of_key,
        "passkey_fault": reason if of_key else "",
        "can_ask": asking.can_ask(request, desk.challenges)
        and bool(desk.site.people.factors.of(here.session.person).passkeys),
        "provider": _provider(desk, here),
        "back": _back(request),
        "minutes": rules.REST_MS // 60_000,
        "fresh_minutes": rules.PROOF_MS // 60_000,
        "reference": reference,
    }
    status = 403 if not reason or wrong or of_key else 429
    answer = desk.page("proof.html", here, values, status)
    if status == 429:
        answer.headers["Retry-After"] = str(rules.REST_MS // 1000)
    return answer


def _provider(desk: Desk, here: Visit) -> str:
    """Name the provider that can ask this person who they are; empty for none."""
    federation = desk.site.federation
    given = federation.given()
    bound = given is not None and federation.bound(here.session.person) is not None
    return given.name if given is not None and bound else ""


def _back(request: AnyRequest) -> str:
    """Give the page to come back to: this one, or the one with the form."""
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return request.url.path + query
    before = urlsplit(request.headers.get("referer", ""))
    ours = f"{before.scheme}://{before.netloc}" in front_of(request).origins
    return before.path if ours and before.path else "/recordings"


def _noted(request: AnyRequest, desk: Desk, error: RefusedError) -> str:
    return note(error, request.url.path, desk.site.ground.entropy)


def _fresh(desk: Desk, here: Visit) -> bool:
    return rules.is_fresh(here.session.proved_ms, desk.site.ground.clock.utc_ms())
