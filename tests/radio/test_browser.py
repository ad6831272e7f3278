"""An unmodified Chromium reaches a camera's radio by Web Bluetooth."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from lapel.ports.air import Heard, Peripheral, Wrote
from lapel.radio.peripheral import bumble_peripheral
from lapel.sim.bluez.running import BluezAir
from lapel.wire.link import NOTIFY, SERVICE, WRITE, pairing_name
from tests.radio.browsing import Chooser, chromium
from tests.radio.stages import shown

pytestmark = [pytest.mark.browser, pytest.mark.bus]
PAGE = f"""<!doctype html><title>test</title>
<button id=search>search</button> <button id=again>again</button>
<pre id=log></pre><script>
const say = (words) => document.getElementById("log").textContent += words + "\\n";
const hex = (view) => [...new Uint8Array(view.buffer)]
  .map((byte) => byte.toString(16).padStart(2, "0")).join("");
let device;
async function begin() {{
  const service = await (await device.gatt.connect()).getPrimaryService("{SERVICE}");
  const write = await service.getCharacteristic("{WRITE}");
  const notify = await service.getCharacteristic("{NOTIFY}");
  notify.addEventListener("characteristicvaluechanged",
    (event) => say("heard " + hex(event.target.value)));
  await notify.startNotifications();
  window.write = (size) => write.writeValueWithoutResponse(new Uint8Array(size));
  say("subscribed");
}}
const act = (what) => what().catch((error) => say("error " + error));
document.getElementById("search").onclick = () => act(async () => {{
  device = await navigator.bluetooth.requestDevice(
    {{filters: [{{services: ["{SERVICE}"]}}]}});
  say("found " + device.name);
  device.addEventListener("gattserverdisconnected", () => say("lost"));
  await begin();
}});
document.getElementById("again").onclick = () => act(begin);
</script>"""


class Echo:
    """Sends back what an app writes, one byte longer."""

    def __init__(self) -> None:
        self.radio: Peripheral | None = None

    def __call__(self, heard: Heard) -> None:
        if isinstance(heard, Wrote) and self.radio is not None:
            self.radio.send(heard.link, (heard.value + b"!",))


@pytest.fixture
def camera(bluez_air: BluezAir) -> Iterator[Peripheral]:
    echo = Echo()
    made = bumble_peripheral(bluez_air.air.transport("camera"))(echo)
    echo.radio = made
    made.show(shown(response=pairing_name(42)))
    yield made
    made.close()


@pytest.fixture
def page(bluez_air: BluezAir) -> Iterator[Page]:
    with chromium(bluez_air.environment) as browser:
        made = browser.new_page()
        made.route(
            "http://localhost:9/**",
            lambda route: route.fulfill(body=PAGE, content_type="text/html"),
        )
        made.goto("http://localhost:9/")
        yield made


def log(page: Page, words: str) -> None:
    """Wait until the page has said this."""
    page.locator("#log").get_by_text(words).wait_for(timeout=30_000)


def test_a_page_finds_a_camera_writes_and_hears(
    camera: Peripheral, bluez_air: BluezAir, page: Page
) -> None:
    assert page.evaluate("navigator.bluetooth.getAvailability()")
    chooser = Chooser(page)

    page.click("#search")
    log(page, "found Camera 42")
    log(page, "subscribed")
    for size in (1, 20, 200, 400):
        page.evaluate("(size) => window.write(size)", size)
        log(page, "heard " + "00" * size + "21")
    assert chooser.chosen == 1

    bluez_air.air.cut()
    log(page, "lost")
    page.click("#again")
    page.wait_for_function(
        "document.getElementById('log').textContent.split('subscribed').length == 3"
    )
    page.evaluate("window.write(3)")
    log(page, "heard 00000021")
    camera.show(None)
