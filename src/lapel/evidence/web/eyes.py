"""Who looks at recordings, as the rule that decides takes it."""

from sqlalchemy import Connection

from lapel.base.permissions import Deed, Scope, reach
from lapel.evidence.items.model import Eyes
from lapel.evidence.people import reading as people
from lapel.evidence.web.visit import Visit


def eyes_of(connection: Connection, here: Visit) -> Eyes:
    """Say who looks, with those who are in a group with them where that matters."""
    person = here.session.person
    held = person.permissions
    asks = any(reach(held, deed) is Scope.GROUP for deed in Deed)
    team = people.teammates(connection, person.id) if asks else frozenset[str]()
    return Eyes(person.id, held, team)


def sees_all(here: Visit) -> bool:
    """Tell whether somebody may learn of recordings before it is known whose."""
    return reach(here.session.person.permissions, Deed.FIND) is Scope.ANY
