"""View's page in a real browser, by a radio that ends at the real camera machine."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Route

from lapel.protocol.pairing import Demands, Policy
from lapel.wire.control import CameraMode
from lapel.wire.pairing import How
from tests.evidence.world import PASSWORD
from tests.view.room import (
    LINKED,
    NEWEST,
    SERIAL,
    Room,
    connect,
    pair,
    paired,
)

pytestmark = pytest.mark.browser
SLOT_MS = 900_000


def test_it_pairs_shows_the_state_and_lists_the_shift(room: Room) -> None:
    worn, page = paired(room)
    record = worn.camera.record
    assert record is not None
    assert record.how is How.GRANT
    assert page.inner_text("[data-fact='state.battery']") == "68 %"
    page.wait_for_selector(f"[data-recording='{NEWEST}']")
    assert page.locator("[data-recording]").count() == 2
    page.click("[data-do=older]")
    page.wait_for_selector("[data-recording] >> nth=2")
    event = replace(worn.state, mode=CameraMode.EVENT, recording=b"\x09" * 16)
    worn.tell(replace(event, lasted_ms=432_000, muted=True))
    page.wait_for_selector("h1:has-text('Recording 7:1')")
    assert page.inner_text("[data-fact='state.microphone']") == "Muted"
    page.wait_for_selector("h1:has-text('Recording 7:14')")


def test_both_forms_of_the_code_are_those_of_the_camera(room: Room) -> None:
    worn = room.worn(granted=False)
    page = room.page(worn)
    page.click("[data-do=pair]")
    worn.chord()
    page.click("[data-do=look]")
    page.wait_for_selector("[data-do=same]")
    (shown,) = worn.codes
    assert page.get_attribute("[data-digits]", "data-digits") == shown.code.digits
    words = page.locator(".flashes li").all_inner_texts()
    colours = ["red", "green", "blue", "yellow"]
    assert [word.split()[-1] for word in words] == [
        colours[one] for one in shown.code.flashes
    ]
    assert "Nobody vouches for it" in page.inner_text("main")
    assert "It has shown no grant" in page.inner_text("main")
    worn.press()
    page.click("[data-do=same]")
    page.wait_for_selector("[data-trouble=find-again]")
    assert worn.camera.record is not None
    connect(page)
    page.goto(f"{room.view}#settings")
    page.wait_for_selector("dd:text-is('You compared the code')")


def test_different_codes_stop_everything_and_say_whom_to_tell(room: Room) -> None:
    worn = room.worn()
    page = room.page(worn)
    page.click("[data-do=pair]")
    worn.chord()
    page.click("[data-do=look]")
    page.click("[data-do=different]")
    page.wait_for_selector("[data-trouble=different]")
    assert "Tell your supervisor" in page.inner_text("main")
    assert worn.camera.record is None
    page.reload()
    page.wait_for_selector("[data-do=pair], [data-do=look]")


def test_a_camera_that_demands_the_press_waits_for_it(room: Room) -> None:
    worn = room.worn(policy=Policy(demands=Demands(compared=True)))
    page = room.page(worn)
    page.click("[data-do=pair]")
    worn.chord()
    page.click("[data-do=look]")
    page.click("[data-do=same]")
    page.wait_for_selector("h1:has-text('Press Event')")
    assert worn.camera.record is None
    worn.press()
    page.wait_for_selector("[data-trouble=find-again]")
    assert worn.camera.record is not None


def test_after_a_rotation_one_tap_on_a_list_with_one_entry(room: Room) -> None:
    worn, page = paired(room)
    worn.ahead_ms += SLOT_MS
    worn.offered.clear()
    page.reload()
    connect(page)
    assert worn.offered == [1]
    stranger = room.worn()
    worn.offered.clear()
    worn.camera, stranger.camera = stranger.camera, worn.camera
    page.reload()
    page.click("[data-do=connect]")
    page.wait_for_selector("[data-trouble=none-chosen]")
    assert worn.offered == [0]


def test_a_lost_link_comes_back_by_itself_in_the_same_slot(room: Room) -> None:
    worn, page = paired(room)
    worn.offered.clear()
    worn.go_away()
    page.wait_for_selector("[data-trouble=out-of-range]")
    page.wait_for_selector("[data-fact='state.battery']")
    worn.near = True
    page.wait_for_selector(LINKED, timeout=20_000)
    assert not worn.offered


def test_only_what_the_agency_permits_can_be_changed(room: Room) -> None:
    worn, page = paired(room)
    page.goto(f"{room.view}#settings")
    page.check("[name=volume][value='0']", force=True)
    page.wait_for_selector("text=The camera has changed it.")
    assert worn.chosen.volume == 0
    assert page.is_disabled("[name=stealth]")
    assert "does not let you change this: Lights, Stealth" in page.inner_text("main")


def test_unpairing_names_its_loss_and_ends_it_on_both(room: Room) -> None:
    worn, page = paired(room)
    page.goto(f"{room.view}#settings")
    page.click("[data-do=unpair]")
    assert "press both buttons and pair anew" in page.inner_text("dialog")
    page.click("[data-do=unpair-both]")
    page.wait_for_selector("dialog", state="detached")
    page.goto(f"{room.view}#")
    page.wait_for_selector("[data-do=pair]")
    assert worn.camera.record is None


@pytest.mark.parametrize("code", ["none-chosen", "bluetooth-off"])
def test_what_is_in_the_way_is_said_with_what_to_do(room: Room, code: str) -> None:
    worn = room.worn()
    worn.near, worn.available = False, code == "none-chosen"
    page = room.page(worn)
    page.click("[data-do=pair]")
    page.click("[data-do=look]")
    note = page.wait_for_selector(f"[data-trouble={code}]")
    assert note is not None
    assert "." in note.inner_text()


def test_a_camera_that_was_paired_with_another_costs_no_record(room: Room) -> None:
    worn, page = paired(room)
    other = room.page(worn)
    pair(other, worn)
    page.wait_for_selector("[data-trouble]")
    page.goto(f"{room.view}#settings")
    page.wait_for_selector(f"dd:text-is('{SERIAL}')")
    assert worn.camera.record is not None


def test_a_browser_without_bluetooth_says_what_remains(room: Room) -> None:
    page = room.page(None)
    page.wait_for_selector("[data-remains]")
    words = page.inner_text("main")
    assert "lapel view" in words
    assert "Android" in words
    assert page.get_attribute("[data-remains] a", "href") == "/recordings"
    assert not page.locator("[data-do=pair]").count()


def test_until_evidence_answers_nothing_is_said_of_it(room: Room) -> None:
    page = room.context(room.worn()).new_page()
    asked: list[Route] = []
    page.route("**/api/v1/app/session", lambda route: asked.append(route))  # noqa: PLW0108
    page.goto(room.view)
    page.wait_for_selector("text=Asking Evidence")
    assert "out of reach" not in page.inner_text("main")
    asked[0].continue_()
    page.wait_for_selector("text=Signed in, with a grant until")


def test_nobody_signed_in_is_asked_to_sign_in_and_comes_back(room: Room) -> None:
    page = room.page(room.worn(), storage_state=None)
    page.wait_for_selector("a:has-text('Sign in to Evidence')")
    assert "No grant" in page.inner_text("main")
    page.click("a:has-text('Sign in to Evidence')")
    page.wait_for_url(re.compile("/sign-in"))
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.btn-main")
    page.wait_for_selector("text=Signed in, with a grant until")


def test_keys_cannot_be_read_by_any_script(room: Room) -> None:
    _, page = paired(room)
    found = page.evaluate(
        """() => new Promise((give) => {
          const opening = indexedDB.open("lapel-view");
          opening.onsuccess = () => {
            const all = opening.result.transaction("kept").objectStore("kept");
            const found = [];
            for (const name of ["own", "pairings"]) {
              all.get(name).onsuccess = async ({ target: { result } }) => {
                const list = name === "own" ? [result.pair.privateKey]
                  : result.flatMap((one) => [one.psk, one.wifi, one.disc]);
                for (const key of list) {
                  const out = crypto.subtle.exportKey("raw", key);
                  const how = await out.then(() => "out", () => "kept");
                  found.push([key.extractable, how]);
                }
                if (found.length === 4) give(found);
              };
            }
          };
        })"""
    )
    assert found == [[False, "kept"]] * 4


def test_what_cannot_be_stored_is_not_paired(room: Room) -> None:
    worn = room.worn()
    context = room.context(worn)
    context.add_init_script(
        """const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (value, key) {
          if (key === "pairings") throw new DOMException("full", "QuotaExceededError");
          return put.call(this, value, ...(key === undefined ? [] : [key]));
        };"""
    )
    page = context.new_page()
    page.goto(room.view)
    page.click("[data-do=pair]")
    worn.chord()
    page.click("[data-do=look]")
    page.click("[data-do=same]")
    page.wait_for_selector("[data-trouble=storage]")
    assert worn.camera.record is None


def test_a_message_changed_on_the_way_pairs_nothing_and_is_said(room: Room) -> None:
    worn = room.worn()
    passed: list[bytes] = []

    def between(value: bytes) -> bytes:
        passed.append(value)
        return value if len(passed) < 3 else value[:-1] + bytes([value[-1] ^ 1])

    worn.between = between
    page = room.page(worn)
    page.click("[data-do=pair]")
    worn.chord()
    page.click("[data-do=look]")
    page.wait_for_selector("[data-trouble=handshake]")
    assert worn.camera.record is None


def test_a_last_word_that_is_lost_costs_no_pairing(room: Room) -> None:
    worn = room.worn()
    worn.last_word = False
    page = room.page(worn)
    pair(page, worn)
    page.wait_for_selector("[data-fact='state.battery']")
