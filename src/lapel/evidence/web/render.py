"""Pages from templates, with the icons each of them uses."""

import functools
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup

from lapel.evidence.web.clock import length, size, spaced
from lapel.evidence.web.words import Catalogue

HERE: Final = Path(__file__).parent
_SYMBOL: Final = re.compile(r'<symbol id="([a-z0-9-]+)".*?</symbol>', re.DOTALL)
_PATTERN: Final = re.compile(r'<pattern id="([a-z0-9-]+)".*?</pattern>', re.DOTALL)
_USE: Final = re.compile(r'href="#((?:i-|logo)[a-z0-9-]*)"')
_FILL: Final = re.compile(r'class="(?:buffer|mute|away)"|url\(#p-')
_PLACE: Final = "<!--icons-->"


@functools.cache
def _sprite() -> tuple[dict[str, str], str]:
    source = (HERE / "static" / "icons.svg").read_text()
    symbols = {found[1]: found[0] for found in _SYMBOL.finditer(source)}
    patterns = "".join(found[0] for found in _PATTERN.finditer(source))
    return symbols, patterns


def _with_icons(page: str) -> str:
    symbols, patterns = _sprite()
    used = [
        symbols[name] for name in sorted(set(_USE.findall(page))) if name in symbols
    ]
    defs = f"<defs>{patterns}</defs>" if _FILL.search(page) else ""
    sprite = (
        '<svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false">'
        f"{defs}{''.join(used)}</svg>"
    )
    return page.replace(_PLACE, sprite, 1)


def icon(name: str, extra: str = "") -> Markup:
    """Draw an icon that says nothing by itself."""
    classes = f"ic {extra}".strip()
    return Markup(
        '<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>'
    ).format(classes, name)


@dataclass(frozen=True)
class Pages:
    """Renders templates in one language."""

    environment: Environment

    @classmethod
    def load(cls, words: Catalogue) -> "Pages":
        """Prepare the templates."""
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        shared: MutableMapping[str, object] = cast(
            "MutableMapping[str, object]", environment.globals
        )
        shared.update(icon=icon, length=length, size=size, spaced=spaced)
        install = getattr(environment, "install_gettext_translations")  # noqa: B009
        install(words, newstyle=True)
        return cls(environment)

    def text(self, name: str, values: Mapping[str, object]) -> str:
        """Render a template."""
        return _with_icons(self.environment.get_template(name).render(**values))

    def answer(
        self, name: str, values: Mapping[str, object], status: int = 200
    ) -> Response[str]:
        """Render a template as an answer that nobody keeps."""
        return Response(
            self.text(name, values),
            status_code=status,
            media_type="text/html",
        )
