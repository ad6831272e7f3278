"""Who visits: the session behind the cookie, forms that are ours, permissions."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from lapel.base.errors import LapelError, MalformedError, NotFoundError, RefusedError
from lapel.base.permissions import Permission
from lapel.crypto.digest import same
from lapel.evidence.api.finding import site_of
from lapel.evidence.custody.model import Who
from lapel.evidence.people import rules
from lapel.evidence.people.model import Author, Need, Session, Ticket
from lapel.evidence.server import Server
from lapel.evidence.site import Site

SIGNED_IN: Final[list[dict[str, list[str]]]] = [{"session": []}]
"""What the description of a route says of who may take it."""

FORM_MOST: Final = 256 * 1024
_PUBLIC: Final = re.compile(
    r"https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?"
)
_CONTACT: Final = re.compile(r"(mailto:|tel:|https://)[!-~]{1,200}")
_LOOPBACK: Final = {"127.0.0.1", "::1"}
ADDRESS_MOST: Final = 64
_REMEMBERED_S: Final = 400 * 86_400
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Front:
    """Where the pages are: the port, and the address that a proxy in front has.

    `view` is the folder of View's page, served as it is below /view/. `contact` is whom
    somebody tells who found a weakness.
    """

    port: int
    public: str = ""
    view: Path | None = None
    contact: str = ""

    @property
    def origins(self) -> frozenset[str]:
        """Origins of our own pages."""
        near = {f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"}
        return frozenset({*near, self.public} - {""})

    @property
    def hosts(self) -> frozenset[str]:
        """Names that browsers may call us by."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)


def public_origin(address: str) -> str:
    """Read the address that people type; raises `RefusedError` unless it is https."""
    origin = address.rstrip("/").lower()
    if origin and not _PUBLIC.fullmatch(origin):
        raise RefusedError(
            "public", f"{address!r} is no address such as https://evidence.example.org"
        )
    return origin


def contact(address: str) -> str:
    """Check whom weaknesses are told to; raises `RefusedError` unless it is an address.

    By RFC 9116 it is a URI: mailto:, tel: or https:.
    """
    if address and not _CONTACT.fullmatch(address):
        raise RefusedError(
            "contact", f"{address!r} is no address such as mailto:safety@example.org"
        )
    return address


class SignInNeededError(LapelError):
    """Nobody is signed in; the page sends them to sign in and back."""

    code = "sign-in"


class FactorNeededError(RefusedError):
    """A role asks for a second factor: nothing but one's own account is open."""

    def __init__(self, need: Need) -> None:
        """Say what to set up, and where."""
        what = "a passkey" if need is Need.PASSKEY else "a second factor"
        super().__init__("second", f"set up {what} on the page of your account")


@dataclass(frozen=True)
class Visit:
    """A request by somebody who is signed in."""

    session: Session
    address: str
    utc: bool = False
    other_clock: str = ""

    def who(self) -> Who:
        """Say who acts, as they are called today."""
        return self.author().who()

    def author(self) -> Author:
        """Say who changes something, with what they may do."""
        return Author(self.session.person, self.address)

    def may(self, permission: Permission) -> bool:
        """Tell whether this person may do something."""
        return self.session.person.may(permission)


def cookie_name(port: int) -> str:
    """Name the cookie; cookies do not tell ports apart, so the name does."""
    return f"lapel_session_{port}"


def address_of(request: AnyRequest) -> str:
    """Give the address that the request came from.

    Where the pages have a public address, a proxy on this machine is in front of them.
    Its last word in `X-Forwarded-For` is whom it saw; what a visitor writes there
    stands before that, and does not count.
    """
    near = request.client.host if request.client else "unknown"
    if not front_of(request).public or near not in _LOOPBACK:
        return near
    told = request.headers.getall("x-forwarded-for", [])
    last = ",".join(told).rpartition(",")[2].strip()
    return last[:ADDRESS_MOST] or near


def visit(request: AnyRequest, site: Site, permission: Permission) -> Visit:
    """Give the visit if somebody with this permission is signed in.

    Raises SignInNeededError, or NotFoundError: what one may not see does not exist.
    """
    here = whole(request, site)
    if not here.may(permission):
        raise NotFoundError("there is no such page, or you may not see it")
    return here


def whole(request: AnyRequest, site: Site) -> Visit:
    """Give the visit of whoever is signed in as wholly as their role asks.

    Raises SignInNeededError, FactorNeededError.
    """
    here = anybody(request, site)
    lacks = site.people.entry.lacks(here.session.person)
    if lacks is not None:
        raise FactorNeededError(lacks)
    return here


def anybody(request: AnyRequest, site: Site) -> Visit:
    """Give the visit of whoever is signed in; raises SignInNeededError."""
    found = session_of(request, site)
    if found is None:
        raise SignInNeededError("sign in first")
    utc = "utc" in request.query_params
    return Visit(found, address_of(request), utc, _other_clock(request, utc=utc))


def _other_clock(request: AnyRequest, *, utc: bool) -> str:
    """Give the address of this page with the other clock: the agency's or UTC."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] != "utc"]
    return "?" + urlencode(kept if utc else [*kept, ("utc", "1")])


def session_of(request: AnyRequest, site: Site) -> Session | None:
    """Give the session behind the cookie, where the agency lets people in from."""
    secret = _cookie(request)
    found = site.people.session(secret) if secret else None
    if found is None or not site.people.entry.allows(address_of(request)):
        return None
    return found


def site_here(request: AnyRequest, server: Server) -> Site | None:
    """Give the agency that a request is for; None where that is to be asked first."""
    return site_of(request, server, _cookie(request))


def _cookie(request: AnyRequest) -> str:
    return request.cookies.get(cookie_name(front_of(request).port), "")


def front_of(request: AnyRequest) -> Front:
    """Give where the pages are served."""
    front = request.app.state.front
    return front if isinstance(front, Front) else Front(0)


async def form(request: AnyRequest) -> list[tuple[str, str]]:
    """Read a form; raises MalformedError."""
    raw = await request.body()
    if len(raw) > FORM_MOST:
        raise MalformedError("a form that is too long")
    try:
        return parse_qsl(
            raw.decode(),
            keep_blank_values=True,
            max_num_fields=2000,
            strict_parsing=False,
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise MalformedError("a form that cannot be read") from error


def whole_number(text: str) -> int | None:
    """Read what an address or form has as a whole number; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


async def own_form(request: AnyRequest, visit: Visit) -> list[tuple[str, str]]:
    """Read a form of a page of this session; raises RefusedError for another's."""
    pairs = await form(request)
    given = dict(pairs).get("csrf", "")
    if not same(given.encode(), visit.session.csrf.encode()):
        raise RefusedError(
            "form", "this form is from another session; open the page again"
        )
    return pairs


def check_origin(request: AnyRequest) -> None:
    """Raise RefusedError when another site's page sent this request."""
    origin = request.headers.get("origin")
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    ours = front_of(request).origins
    if (origin is not None and origin not in ours) or fetched not in {
        "same-origin",
        "none",
    }:
        raise RefusedError("form", "this form is from another site")


def signed_in(request: AnyRequest, ticket: Ticket, onward: str) -> Redirect:
    """Set the cookie and go on; over TLS it goes over TLS only."""
    front = front_of(request)
    secure = f"https://{request.headers.get('host', '')}" == front.public
    cookie = Cookie(
        key=cookie_name(front.port),
        secure=secure,
        value=ticket.secret,
        path="/",
        httponly=True,
        samesite="lax",
        max_age=rules.SESSION_MS // 1000,
    )
    return Redirect(onward, status_code=303, cookies=[cookie])


def remember(request: AnyRequest, agency: str) -> Cookie:
    """Keep an agency's name, so that it need not be typed the next time."""
    return Cookie(
        key=f"lapel_agency_{front_of(request).port}",
        value=quote(agency, safe=""),
        path="/sign-in",
        httponly=True,
        samesite="lax",
        max_age=_REMEMBERED_S,
    )


def remembered(request: AnyRequest) -> str:
    """Give the agency's name as the address or an earlier sign-in has it."""
    kept = request.cookies.get(f"lapel_agency_{front_of(request).port}", "")
    return str(request.query_params.get("agency", "")) or unquote(kept)


def signed_out(request: AnyRequest) -> Redirect:
    """Take the cookie away."""
    cookie = Cookie(
        key=cookie_name(front_of(request).port), value="", path="/", max_age=0
    )
    return Redirect("/sign-in", status_code=303, cookies=[cookie])


def onward(target: str) -> str:
    """Give a place of ours to go to; never another site."""
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/recordings"
    return target


def to_sign_in(request: AnyRequest) -> Response[Any]:
    """Send somebody to sign in and back."""
    back = request.url.path
    if request.url.query:
        back += f"?{request.url.query}"
    return Redirect(f"/sign-in?next={quote(back, safe='')}", status_code=303)
