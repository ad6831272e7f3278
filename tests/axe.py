"""What axe-core finds wrong with a page: whom it shuts out, and where."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_SCRIPT: Final = Path(__file__).parent / "node/node_modules/axe-core/axe.min.js"
_FAULTS: Final = """async () => (await axe.run()).violations
  .flatMap((one) => one.nodes.map((node) =>
    `${one.id}: ${node.html.slice(0, 140)} ${node.failureSummary.slice(0, 300)}`))"""


def faults(page: Page) -> list[str]:
    """Judge a page as it stands; needs the marker `npm`."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_SCRIPT.read_text())
    found: list[str] = page.evaluate(_FAULTS)
    return found
