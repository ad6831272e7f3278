"""Describing recordings in a real browser: kept at once, sent when said, never lost."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page

from lapel.wire.control import Source as PositionSource
from tests.view.room import NEWEST, Room, connect, pair, paired

pytestmark = pytest.mark.browser


def describe(page: Page, category: str = "Theft") -> None:
    page.goto(f"{page.url.split('#')[0]}#note/{NEWEST}")
    page.check(f"[value='{category}']", force=True)


KEPT_IN_STORE = """(ident) => new Promise((give) => {
  const opening = indexedDB.open("lapel-view");
  opening.onsuccess = () => {
    const all = opening.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => {
      opening.result.close();
      give(all.result.some((draft) => draft.ident === ident));
    };
  };
})"""
"""Asks the phone's own store; "kept at once" is some milliseconds."""


def test_what_is_typed_is_kept_over_a_reload_and_sent_when_said(room: Room) -> None:
    worn, page = paired(room)
    describe(page)
    page.fill("#ident", "26-118198")
    page.wait_for_function(KEPT_IN_STORE, arg="26-118198")
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


def test_words_of_a_camera_are_text_and_nothing_else(room: Room) -> None:
    worn = room.worn()
    hostile = "<img src=x onerror=alert(1)>"
    worn.listed[1] = replace(worn.listed[1], category=hostile, title=hostile)
    page = room.page(worn)
    pair(page, worn)
    page.goto(f"{room.view}#note/{NEWEST}")
    page.wait_for_selector("#heading")
    assert page.locator(".chips span").all_inner_texts()[-1] == hostile
    assert page.input_value("#heading") == hostile
    assert not page.locator("main img").count()


def test_what_was_typed_can_be_thrown_away(room: Room) -> None:
    worn, page = paired(room)
    describe(page)
    page.click("[data-do=drop]")
    page.wait_for_selector("[data-recording]")
    page.goto(f"{room.view}#note/{NEWEST}")
    page.wait_for_selector("[value=Theft]")
    assert not page.is_checked("[value=Theft]")
    assert not worn.noted
