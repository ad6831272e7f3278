"""View's catalogue: every key that is used is there, and none is left over."""

import re

from lapel.protocol.link import Why
from tools.viewfiles import ROOT, WEB

WORDS = (WEB / "words.js").read_text()
KEYS = set(re.findall(r'^  "([\w.-]+)": "', WORDS, re.MULTILINE))
SOURCES = {
    path: path.read_text() for path in WEB.rglob("*.js") if path.name != "words.js"
}
NOT_SHOWN = {Why.PAIRED, Why.POLICY, Why.UNPAIRED, Why.REPLACED}
"""How a pairing ends well, and what only a camera's end can say."""
RADIO = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')


def literal() -> set[str]:
    """Keys that stand whole in the source."""
    text = "\n".join(SOURCES.values())
    return set(re.findall(r'["`]([a-z]+(?:\.[\w-]+)*)["`]', text))


def patterns() -> list[re.Pattern[str]]:
    """Keys of which a part is put in: `trouble.${code}.do`."""
    text = "\n".join(SOURCES.values())
    found = re.findall(r"`([a-z]+\.[^`]*\$\{[^`]*)`", text)
    parts = [re.split(r"\$\{[^}]*\}", one) for one in found]
    return [re.compile(r"[\w.-]+".join(map(re.escape, part))) for part in parts]


def test_every_key_that_is_said_is_in_the_catalogue() -> None:
    text = "\n".join(SOURCES.values())
    said = re.findall(r'say\("([\w.-]+)"', text)
    assert len(said) > 80
    assert set(said) - KEYS == set()


def test_no_key_of_the_catalogue_is_left_over() -> None:
    used = literal()
    built = patterns()
    left = {
        key
        for key in KEYS
        if key not in used and not any(one.fullmatch(key) for one in built)
    }
    assert left == set()


def test_every_way_a_link_can_end_has_words_and_what_to_do() -> None:
    for why in set(Why) - NOT_SHOWN:
        assert {f"trouble.{why.value}", f"trouble.{why.value}.do"} <= KEYS


def test_every_trouble_of_the_radio_has_words_and_what_to_do() -> None:
    found = set(RADIO.findall(SOURCES[WEB / "radio" / "bluetooth.js"]))
    assert {"out-of-range", "none-chosen", "bluetooth-off", "no-bluetooth"} <= found
    for code in found:
        assert {f"trouble.{code}", f"trouble.{code}.do"} <= KEYS


def test_each_trouble_stands_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "view.md").read_text()
    for key in KEYS:
        if key.startswith("trouble.") and not key.endswith(".do"):
            assert key in page or key in {"trouble.gone", "trouble.not-paired"}, key
