"""The power goes at any write of a pairing: old or new, and the same on both sides."""

from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import Opened, Why
from lapel.sim.linking import Air
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.pairing import Pairings, Record
from tests.protocol.linked import CAMERA, QUICK, VIEW, ends


class PowerCutError(Exception):
    """The power is gone, at both ends."""


class CutAir(Air):
    """A camera and an app whose power goes at one of four places of a pairing."""

    def __init__(self, stored: Record | None, held: Pairings | None, cut: int) -> None:
        super().__init__(CAMERA, stored)
        self.pairings = held
        self.places = iter(range(1, 9))
        self.cut = cut

    def place(self) -> None:
        if next(self.places) == self.cut:
            raise PowerCutError

    @override
    def app_keeps(self, pairings: Pairings) -> None:
        self.place()
        super().app_keeps(pairings)
        self.place()

    @override
    def camera_keeps(self, record: Record | None) -> None:
        self.place()
        super().camera_keeps(record)
        self.place()


WHOLE = 0


def pair_until(stored: Record | None, held: Pairings | None, cut: int) -> CutAir:
    air = CutAir(stored, held, cut)
    air.chord()
    try:
        call = air.connect(VIEW, QUICK)
    except PowerCutError:
        assert cut
    else:
        assert ends(call)[0] == [Why.PAIRED]
    return air


@given(st.lists(st.integers(0, 4), min_size=1, max_size=7))
def test_whenever_the_power_goes_one_record_fits_both(cuts: list[int]) -> None:
    """Each pairing is cut before or behind a write of the app or the camera, or not."""
    stored: Record | None = None
    held: Pairings | None = None
    ever = False
    for cut in cuts:
        air = pair_until(stored, held, cut)
        old, stored, held = stored, air.stored, air.pairings
        assert stored is not None or old is None
        ever = ever or cut in {WHOLE, 4}
        assert (stored is not None) == ever
        assert (stored == old) == (cut in {1, 2, 3}) or not ever
    fitting: list[Record] = []
    for record in held.records if held else ():
        after = Air(CAMERA, stored)
        call = after.connect(VIEW, Wish(record))
        if call.app.state is AppState.OPEN:
            after.from_app(call, call.app.ask(LinkVerb.STATE, Nothing()))
            after.run()
            assert call.done(Opened)
            fitting.append(record)
    assert len(fitting) == ever
    assert all(stored is not None and one.h == stored.h for one in fitting)
