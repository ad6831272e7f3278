"""How View looks and reads: every screen, theme, a longer language, keys alone."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route

from tests import axe
from tests.view.room import LINKED, NEWEST, Room, paired
from tests.view.worn import CATEGORIES, Worn

pytestmark = [pytest.mark.browser, pytest.mark.npm]
NARROW = {"width": 360, "height": 740}


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
        assert axe.faults(page) == [], name
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


def test_what_has_the_focus_keeps_it_while_things_change(room: Room) -> None:
    worn, page = paired(room)
    page.wait_for_selector("[data-recording]")
    page.locator("[data-do=describe]").focus()
    worn.listed.append(replace(worn.listed[1], recording=b"q" * 16, seq=11))
    worn.tell(replace(worn.state, held=5))
    page.wait_for_selector("[data-recording] >> nth=2")
    assert page.evaluate("document.activeElement.dataset.do") == "describe"
    page.goto(f"{room.view}#settings")
    page.locator("[name=volume][value='2']").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("text=The camera has changed it.")
    assert worn.chosen.volume == 1
    assert page.evaluate("document.activeElement.value") == "1"
