"""One's own passkeys: what a browser is asked, and keeping and removing them."""

from contextlib import suppress
from typing import Any

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from lapel.base.errors import LapelError, NotFoundError, RefusedError
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules, webauthn
from lapel.evidence.web import account, asking, proof
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    anybody,
    own_form,
)


class PasskeyPages(Controller):
    """Routes of one's own passkeys."""

    path = account.HERE
    tags = ("pages",)
    security = SIGNED_IN

    @get("/passkeys.json", media_type=MediaType.JSON, sync_to_thread=True)
    def to_make(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> webauthn.Asked:
        """Say what the browser is to make a passkey from."""
        here = anybody(request, desk.site)
        door = asking.door_of(request, desk.challenges)
        return desk.site.people.passkeys.ask_to_make(here.session, door)

    @get("/proof.json", media_type=MediaType.JSON, sync_to_thread=True)
    def to_prove(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> webauthn.Asked:
        """Say what the browser is to sign, so that its user proves who they are."""
        here = anybody(request, desk.site)
        door = asking.door_of(request, desk.challenges)
        return desk.site.people.passkeys.ask_to_prove(here.session, door)

    @post("/passkeys", media_type=MediaType.HTML)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Keep a passkey that the browser made, or forget one."""
        here = anybody(request, desk.site)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        passkeys, mine = desk.site.people.passkeys, here.session
        if fields.get("act") == "remove" and fields.get("sure"):
            one = fields.get("one", "")
            with suppress(NotFoundError):
                await desk.site.in_thread(passkeys.remove, mine, one, here.address)
        if fields.get("act") == "add":
            door = asking.door_of(request, desk.challenges)
            try:
                made = webauthn.Making(fields.get("made", "")), door
                name = fields.get("name", "")
                await desk.site.in_thread(passkeys.add, mine, name, made, here.address)
            except LapelError as error:
                more: dict[str, object] = {
                    "fault": _fault(desk, error),
                    "reference": note(
                        error, request.url.path, desk.site.ground.entropy
                    ),
                }
                return account.page(request, desk, here, more, 409)
        return Redirect(account.HERE, status_code=303)


def _fault(desk: Desk, error: LapelError) -> str:
    _ = desk.words.gettext
    known = {
        "passkey-name": _("A name is missing, or too long."),
        "passkeys": _("There are %(most)d passkeys already. Remove one first.")
        % {"most": rules.PASSKEYS_MOST},
        "passkey": _("The passkey could not be kept. Add it again, on this page."),
    }
    reason = error.reason if isinstance(error, RefusedError) else ""
    return known.get(reason) or _("This passkey is known already.")
