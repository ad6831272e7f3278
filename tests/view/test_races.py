"""View's page, when things happen in an order of their own."""

# pyright: standard

from threading import Event

import pytest
from playwright.sync_api import Page

from tests.view.room import NEWEST, Room, paired
from tests.view.worn import Worn

pytestmark = pytest.mark.browser

CAMERA = """
  const { Camera } = await import("/view/phone/camera.js");
  const { openStore } = await import("/view/phone/store.js");
  const { identityOf, ownOf } = await import("/view/phone/evidence.js");
  const { webBluetooth } = await import("/view/radio/bluetooth.js");
  const store = await openStore(indexedDB);
  const own = await ownOf(store, () => crypto.randomUUID());
  const clock = {
    now: () => ({ monoMs: Math.round(performance.now()), utcMs: Date.now(), clock: 1 }),
    later: (ms, act) => { // the camera's state is asked for more often than each 30 s
      const timer = setTimeout(act, ms === 30_000 ? 300 : ms);
      return () => clearTimeout(timer);
    },
  };
  const identity = async () => identityOf(own, await store.get("given") ?? null);
  const camera = new Camera({ store, radio: webBluetooth(navigator), clock, identity });
  await camera.load();
  const wait = (ms) => new Promise((give) => { setTimeout(give, ms); });
"""


def run(page: Page, script: str) -> object:
    """Do something with a camera of its own, beside that of the page."""
    return page.evaluate(f"async () => {{ {CAMERA} {script} }}")


def slow(worn: Worn) -> None:
    """Take three tenths of a second for each value."""

    def between(value: bytes) -> bytes:
        Event().wait(0.3)
        return value

    worn.between = between


def test_a_camera_that_is_forgotten_while_it_connects_stays_forgotten(
    room: Room,
) -> None:
    worn, page = paired(room)
    slow(worn)
    changed = run(
        page,
        """
        const finding = camera.find();
        while (camera.facts.link !== "connecting") await wait(10);
        await wait(200);
        await camera.forget();
        const seen = [];
        camera.addEventListener("change", () => {
          const { link, paired } = camera.facts;
          if (link === "open" || paired) seen.push([link, paired]);
        });
        await finding;
        await wait(4000);
        return [seen, (await store.get("pairings") ?? []).length];
        """,
    )
    assert changed == [[], 0]


def test_what_a_busy_camera_did_not_take_is_said_again(room: Room) -> None:
    worn, page = paired(room)
    worn.busy = 4
    waiting = run(
        page,
        f"""
        await camera.find();
        await camera.send({{
          recording: "{NEWEST}", title: "Quay 5", ident: "", category: "",
          position: null,
        }});
        for (let i = 0; i < 100 && camera.facts.drafts.size; i += 1) await wait(50);
        return camera.facts.drafts.size;
        """,
    )
    assert waiting == 0
    assert [said.title for said in worn.noted] == ["Quay 5"]
