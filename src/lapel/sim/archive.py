"""Many recordings in the database alone, to see that finding stays quick."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.evidence.settings import service as settings
from lapel.evidence.site import Site
from lapel.evidence.store.database import Quiet

_PLACES: Final = ("Quay Street", "Mill Road", "Station Square", "Tallow Lane", "Pier")
_DEEDS: Final = ("Traffic stop", "Welfare check", "Shop theft", "Disturbance", "Arrest")
_PEOPLE: Final = ("A. Lindqvist", "R. Mbeki", "S. Okonjo", "T. Varga", "P. Haugen")
_ADD: Final = text(
    "INSERT INTO recordings (number, tenant, id, serial, model, wearer, start_ms,"
    " length_ms, clock, received_ms, size, sha256, object, sealed, title, category,"
    " verdict, needs, version, changed_by, changed_ms, thumb) VALUES (:number, :tenant,"
    " :id, :serial, 'body2', :wearer, :start_ms, 600000, 3, :start_ms, 400000000, :id,"
    " :object, 1, :title, :category, :verdict, :needs, 1, '', :start_ms, 2)"
)
_TEXT: Final = text(
    "INSERT INTO recordings_text (rowid, title, wearer, serial, name, category)"
    " VALUES (:number, :title, :wearer, :serial, :name, :category_name)"
)


def fill(site: Site, count: int) -> None:
    """Write rows of `count` recordings, the newest now, ten minutes apart."""
    now = site.ground.clock.utc_ms()
    with site.database.write(Quiet.SETUP) as connection:
        rows = list(_rows(connection, site.tenant.id, count, now))
        connection.execute(_ADD, rows)
        connection.execute(_TEXT, rows)
        connection.exec_driver_sql("ANALYZE")


def _rows(
    connection: Connection, tenant: str, count: int, now: int
) -> Iterator[dict[str, object]]:
    categories = settings.categories(connection, tenant)
    for number in range(1, count + 1):
        name = sha256(number.to_bytes(8, "big"))
        filed = number % 10 > 0
        category = categories[number % len(categories)]
        yield {
            "number": number,
            "tenant": tenant,
            "id": name[:16],
            "name": recording_name(name[:16]),
            "serial": f"X8100{name[0] % 200:04d}",
            "wearer": _PEOPLE[name[1] % 5],
            "person": "",
            "start_ms": now - (count - number) * 600_000,
            "object": name[:16].hex(),
            "title": f"{_DEEDS[name[2] % 5]}, {_PLACES[name[3] % 5]} {name[4]}",
            "category": category.id if filed else None,
            "category_name": category.name if filed else "",
            "verdict": "authentic" if name[5] > 8 else "closed-by-power-loss",
            "needs": int(not filed),
        }
