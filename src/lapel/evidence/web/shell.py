"""What every page of a signed-in person has around it."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from litestar import Response

from lapel.base.permissions import Deed, Permission, reach
from lapel.evidence.ingest import held
from lapel.evidence.items import service as items
from lapel.evidence.people.challenges import Challenges
from lapel.evidence.server import Server
from lapel.evidence.site import Site
from lapel.evidence.web import health
from lapel.evidence.web.clock import Local
from lapel.evidence.web.eyes import eyes_of
from lapel.evidence.web.render import Pages
from lapel.evidence.web.visit import Visit
from lapel.evidence.web.words import Catalogue

Reasons = dict[tuple[bytes, bytes], tuple[int, str]]
"""Why a session looks at a confidential recording, and when it last used it."""


def _nobody() -> dict[tuple[bytes, bytes], int]:
    return {}


def _no_reason() -> Reasons:
    return {}


@dataclass(frozen=True)
class Hall:
    """What pages have before it is known whose they are."""

    server: Server
    pages: Pages
    words: Catalogue
    challenges: Challenges
    watching: dict[tuple[bytes, bytes], int] = field(default_factory=_nobody)
    reasons: Reasons = field(default_factory=_no_reason)

    def desk(self, site: Site) -> "Desk":
        """Give the desk of one agency."""
        return Desk(
            site,
            self.pages,
            self.words,
            self.challenges,
            self.watching,
            self.reasons,
        )


@dataclass(frozen=True)
class Desk:
    """The pages' own things: site, templates, words, zone."""

    site: Site
    pages: Pages
    words: Catalogue
    challenges: Challenges
    watching: dict[tuple[bytes, bytes], int] = field(default_factory=_nobody)
    reasons: Reasons = field(default_factory=_no_reason)

    @property
    def local(self) -> Local:
        """Give the agency's clock."""
        return Local(ZoneInfo(self.site.tenant.zone), self.words)

    def local_of(self, visit: Visit) -> Local:
        """Give the clock that a visitor asked for: the agency's, or plain UTC."""
        return Local(ZoneInfo("UTC"), self.words) if visit.utc else self.local

    def page(
        self, name: str, visit: Visit, values: dict[str, object], status: int = 200
    ) -> Response[str]:
        """Answer with a page inside the shell."""
        with self.site.database.read() as connection:
            eyes = eyes_of(connection, visit)
            counts = items.counts(connection, self.site.tenant.id, eyes)
            aside = held.count(connection, self.site.tenant.id)
        shell: dict[str, object] = {
            "agency": self.site.tenant.name,
            "zone": self.site.tenant.zone,
            "local": self.local_of(visit),
            "now": self.site.ground.clock.utc_ms(),
            "utc": visit.utc,
            "other_clock": visit.other_clock,
            "person": visit.session.person,
            "csrf": visit.session.csrf,
            "queues": {"needs": counts.needs, "held": aside},
            "can": {p.name.lower(): visit.may(p) for p in Permission}
            | {str(deed): reach(eyes.held, deed) is not None for deed in Deed},
            "unwell": len(health.unwell(self.site, self.words)),
            "here": "",
            "find": "",
            "title": "",
        }
        return self.pages.answer(name, {**shell, **values}, status)
