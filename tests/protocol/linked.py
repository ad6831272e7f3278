"""Cameras and apps of one agency, and what tests of the link do with them."""

from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import Ended, Keep, Why
from lapel.protocol.pairing import Demands, Identity, Policy
from lapel.sim.linking import Air, Call, LinkAgency
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.pairing import Record

AGENCY = LinkAgency()
CAMERA = AGENCY.camera()
VIEW = AGENCY.view()
BARE_CAMERA = AGENCY.camera(granted=False)
BARE_VIEW = AGENCY.view(granted=False)
QUICK = Wish(compare=False)


def demanding(
    *, grant: bool = False, compared: bool = False, button: bool = True
) -> Policy:
    return Policy(demands=Demands(grant, compared, button))


def paired(air: Air, app: Identity = VIEW, wish: Wish = QUICK) -> Call:
    air.chord()
    call = air.connect(app, wish)
    if call.app.state is AppState.SHOWN:
        air.from_app(call, call.app.same(air.now))
        air.run()
    return call


def session(air: Air, app: Identity, record: Record) -> Call:
    call = air.connect(app, Wish(record))
    if call.app.state is AppState.OPEN:
        air.from_app(call, call.app.ask(LinkVerb.STATE, Nothing()))
        air.run()
    return call


def ends(call: Call) -> tuple[list[Why], list[Why]]:
    """Why the app's end and the camera's end ended."""
    return [e.why for e in call.said(Ended)], [e.why for e in call.done(Ended)]


def in_pairing_mode(air: Air) -> bool:
    return air.camera.pairing


def kept(air: Air) -> list[Record]:
    """What the app keeps."""
    return list(air.pairings.records) if air.pairings else []


def records(call: Call) -> tuple[Record, Record]:
    (app,), (camera,) = call.said(Keep), call.done(Keep)
    return app.record, camera.record
