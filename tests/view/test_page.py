"""View's page in a real browser, by a radio that ends at the real camera machine."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route

from lapel.protocol.pairing import Demands, Policy
from lapel.wire.control import CameraMode
from lapel.wire.control import Source as PositionSource
from lapel.wire.pairing import How
from tests.evidence.test_browser import CONTRAST, NAMELESS
from tests.view.room import PASSWORD, SERIAL, Room, connect, opened, pair
from tests.view.worn import CATEGORIES, Worn

pytestmark = pytest.mark.browser
NEWEST = (b"\x09" * 16).hex()
LINKED = "#link:text-is('Linked')"
SLOT_MS = 900_000
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with opened(tmp_path_factory.mktemp("view")) as made:
        yield made
        assert not made.complaints


def paired(room: Room) -> tuple[Worn, Page]:
    worn = room.worn()
    page = room.page(worn)
    pair(page, worn)
    return worn, page


def describe(page: Page, category: str = "Theft") -> None:
    page.goto(f"{page.url.split('#')[0]}#note/{NEWEST}")
    page.check(f"[value='{category}']", force=True)


def test_it_pairs_shows_the_state_and_lists_the_shift(room: Room) -> None:
    worn, page = paired(room)
    record = worn.camera.record
    assert record is not None
    assert record.how is How.GRANT
    assert page.inner_text("[data-fact='state.battery']") == "68 %"
    page.wait_for_selector(f"[data-recording='{NEWEST}']")
    assert page.locator("[data-recording]").count() == 2
    page.click("[data-do=older]")
    page.wait_for_function("document.querySelectorAll('[data-recording]').length == 3")
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


def test_what_is_typed_is_kept_over_a_reload_and_sent_when_said(room: Room) -> None:
    worn, page = paired(room)
    describe(page)
    page.fill("#ident", "26-118198")
    page.reload()
    page.goto(f"{room.view}#note/{NEWEST}")
    page.wait_for_selector("#ident")
    assert page.input_value("#ident") == "26-118198"
    assert page.is_checked("[value=Theft]")
    assert not worn.noted
    page.goto(f"{room.view}#")
    connect(page)
    page.wait_for_selector("text=Not saved yet")
    page.goto(f"{room.view}#note/{NEWEST}")
    page.click("[data-do=save]")
    page.wait_for_selector("li:has-text('Described') >> nth=1")
    assert (worn.noted[0].category, worn.noted[0].ident) == ("Theft", "26-118198")
    page.reload()
    connect(page)
    page.wait_for_selector("li:has-text('Described') >> nth=1")
    assert len(worn.noted) == 1


def test_what_is_saved_out_of_range_goes_when_the_camera_is_back(room: Room) -> None:
    worn, page = paired(room)
    worn.go_away()
    page.wait_for_selector("[data-trouble]")
    describe(page, "Arrest")
    page.click("[data-do=save]")
    page.wait_for_selector("text=Waits for the camera")
    page.reload()
    page.wait_for_selector("text=Waits for the camera")
    assert not worn.noted
    worn.near = True
    connect(page)
    page.wait_for_selector("li:has-text('Described') >> nth=1")
    assert worn.noted[0].category == "Arrest"


def test_a_refusal_is_said_in_words_and_what_was_typed_stays(room: Room) -> None:
    worn, page = paired(room)
    describe(page)
    worn.listed.clear()
    page.click("[data-do=save]")
    page.wait_for_selector(".fault:has-text('does not hold this recording')")
    assert page.is_checked("[value=Theft]")


def test_nothing_is_sent_that_says_nothing_or_cannot_be_written(room: Room) -> None:
    worn, page = paired(room)
    page.goto(f"{room.view}#note/{NEWEST}")
    page.click("[data-do=save]")
    page.wait_for_selector(".fault:has-text('Choose a category')")
    page.fill("#heading", "a\u200bb")
    page.click("[data-do=save]")
    page.wait_for_selector(".fault:has-text('cannot be written')")
    page.fill("#heading", "\u00e9" * 200)
    page.click("[data-do=save]")
    page.wait_for_selector(".fault:has-text('too long')")
    assert not worn.noted


def test_the_phone_s_place_is_asked_for_only_by_a_press(room: Room) -> None:
    worn = room.worn()
    place = {"latitude": 51.5, "longitude": -0.12, "accuracy": 8}
    page = room.page(worn, geolocation=place, permissions=["geolocation"])
    pair(page, worn)
    describe(page)
    page.click("[data-do=save]")
    page.wait_for_selector("li:has-text('Described') >> nth=1")
    assert worn.noted[0].position is None
    page.goto(f"{room.view}#note/{NEWEST}")
    page.click("[data-do=locate]")
    page.wait_for_selector("[data-position]:has-text('within 8 m')")
    page.click("[data-do=save]")
    page.wait_for_selector("[data-recording]")
    found = worn.noted[1].position
    assert found is not None
    assert (found.latitude, found.longitude) == (1_415_000_000, 1_798_800_000)
    assert (found.source, found.accuracy_m) == (PositionSource.PHONE, 8)


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


def screens(room: Room, page: Page, worn: Worn) -> Iterator[str]:
    """Walk through every screen."""
    yield "start"
    page.click("[data-do=pair]")
    yield "pair"
    worn.chord()
    page.click("[data-do=look]")
    page.wait_for_selector("[data-do=same]")
    yield "code"
    page.click("[data-do=same]")
    page.wait_for_selector("[data-trouble=find-again]")
    yield "found no more"
    page.click("[data-do=connect]")
    page.wait_for_selector("[data-fact='state.battery']")
    page.wait_for_selector("[data-recording]")
    yield "state"
    page.goto(f"{room.view}#note/{NEWEST}")
    page.wait_for_selector("#ident")
    yield "note"
    page.goto(f"{room.view}#settings")
    page.wait_for_selector("[data-do=unpair]")
    yield "settings"


@pytest.mark.parametrize("theme", ["night", "dark", "light"])
def test_every_screen_is_named_legible_and_narrow(room: Room, theme: str) -> None:
    worn = room.worn()
    page = room.page(worn, viewport=NARROW, reduced_motion="reduce")
    page.goto(f"{room.view}#settings")
    page.check(f"[name=theme][value={theme}]", force=True)
    page.goto(f"{room.view}#")
    for name in screens(room, page, worn):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert page.evaluate(NAMELESS) == [], name
        assert page.evaluate(CONTRAST) == [], name
        small = page.evaluate(
            "() => [...document.querySelectorAll('main .btn, main .chips label, "
            "main .field, main .shift a')].filter((one) => one.checkVisibility() && "
            "one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"
        )
        assert small == [], name


def longer(source: str) -> str:
    """Mark every text of the catalogue and make it longer by two fifths."""

    def marked(found: re.Match[str]) -> str:
        key, words = found[1], found[2]
        return f'  "{key}": "\u27e6{words}{"~" * (2 * len(words) // 5)}\u27e7",'

    return re.sub(r'^  "([\w.-]+)": "(.*)",$', marked, source, flags=re.MULTILINE)


BARE = """() => {
  const bare = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (one.closest("noscript, .chips, .mono")) continue;
    bare.push(walk.currentNode.data);
  }
  for (const one of document.querySelectorAll("[aria-label]")) {
    bare.push(one.getAttribute("aria-label"));
  }
  return bare;
}"""


def test_every_text_is_in_the_catalogue_and_two_fifths_longer_fits(room: Room) -> None:
    worn = room.worn()
    context = room.context(worn, viewport=NARROW)

    def pseudo(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=longer(answer.text()))

    context.route("**/view/words.js", pseudo)
    page = context.new_page()
    page.goto(room.view)
    page.wait_for_selector("[data-do=pair]")
    pieces = re.compile("\u27e6[^\u27e6\u27e7]*\u27e7")
    names = {"Port", "Ellery", "Police", *" ".join(CATEGORIES).split()}
    page.locator(".st.good").wait_for()
    for name in walked(room, page, worn):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        for text in page.evaluate(BARE):
            left = pieces.sub(" ", pieces.sub(" ", text))
            left = re.sub(r"\u27e6[^\u27e7]*|[^\u27e6]*\u27e7", " ", left)
            assert not set(re.findall(r"[A-Za-z]{4,}", left)) - names, (name, text)


def walked(room: Room, page: Page, worn: Worn) -> Iterator[str]:
    for name in screens(room, page, worn):
        page.wait_for_timeout(100)
        yield name


def test_the_page_is_worked_by_keys_alone(room: Room) -> None:
    worn = room.worn()
    page = room.page(worn)
    page.locator("[data-do=pair]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-do=look]")
    assert page.evaluate("document.activeElement.localName") == "h1"
    worn.chord()
    page.locator("[data-do=look]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-do=same]")
    assert page.evaluate("document.activeElement.localName") == "h1"
    page.locator("[data-do=same]").focus()
    page.keyboard.press("Space")
    page.wait_for_selector("[data-trouble=find-again]")
    page.locator("[data-do=connect]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(LINKED)
    page.goto(f"{room.view}#note/{NEWEST}")
    page.locator("[name=category] >> nth=0").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("[name=category]:checked").count() == 1
    said = page.locator("#voice")
    assert said.get_attribute("aria-live") == "polite"
