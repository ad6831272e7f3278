"""Words on paper: pages of A4 as PDF, in one face, with what it cannot draw spelt out.

The same words give the same bytes.
"""

import io
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
MARGIN: Final = 54.0
MEASURE: Final = WIDTH - 2 * MARGIN
TEXT, QUIET, LINE = HexColor("#15202a"), HexColor("#586571"), HexColor("#d8dde2")
PLAIN, STRONG = "OpenSans-Regular", "OpenSans-SemiBold"
_FOOT: Final = MARGIN + 18
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


@dataclass(frozen=True, slots=True)
class Style:
    """How a line looks; `leading` is its height in points."""

    face: str = PLAIN
    size: float = 9
    leading: float = 13
    quiet: bool = False


TITLE: Final = Style(STRONG, 17, 24)
HEADING: Final = Style(STRONG, 9.5, 14)
BODY: Final = Style()
SMALL: Final = Style(size=7.5, leading=10.5, quiet=True)


@cache
def _glyphs(face: str) -> frozenset[int]:
    """Make a face known, once; give the code points that it can draw."""
    font = TTFont(face, str(files("ttf_opensans") / "ttf" / f"{face}.ttf"))
    pdfmetrics.registerFont(font)  # pyright: ignore[reportUnknownMemberType]
    return frozenset(font.face.charToGlyph)


def drawable(words: str, face: str = PLAIN) -> str:
    """Write as `<U+05D0>` whatever the face lacks or would draw in a false order."""
    known = _glyphs(face)
    return "".join(
        one if _is_drawn(one, known) else f"<U+{ord(one):04X}>"
        for one in unicodedata.normalize("NFC", words)
    )


def _is_drawn(one: str, known: frozenset[int]) -> bool:
    if unicodedata.category(one).startswith("C") or ord(one) not in known:
        return False
    return unicodedata.bidirectional(one) not in _RIGHT_TO_LEFT


def wrapped(words: str, style: Style, width: float = MEASURE) -> list[str]:
    """Break words into lines no wider than `width` points; nothing is left out."""
    lines: list[str] = []
    line = ""
    for word in drawable(words, style.face).split(" "):
        longer = f"{line} {word}" if line else word
        if _width(longer, style) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, style, width)
        lines += whole
    return [*lines, line]


def _pieces(word: str, style: Style, width: float) -> list[str]:
    """Cut one word that is wider than a line."""
    pieces: list[str] = []
    piece = ""
    for one in word:
        if piece and _width(piece + one, style) > width:
            pieces.append(piece)
            piece = ""
        piece += one
    return [*pieces, piece]


def _width(words: str, style: Style) -> float:
    return float(pdfmetrics.stringWidth(words, style.face, style.size))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stay together on a page, each in its style."""

    lines: tuple[tuple[str, Style], ...]
    ruled: bool = False

    @property
    def height(self) -> float:
        """Height in points, the space after it included."""
        return sum(style.leading for _, style in self.lines) + 8


def block(*parts: tuple[str, Style], ruled: bool = False) -> Block:
    """Break texts into the lines of one block; empty texts are left out."""
    lines = [
        (line, style)
        for words, style in parts
        if words
        for line in wrapped(words, style)
    ]
    return Block(tuple(lines), ruled)


@dataclass(slots=True)
class Paper:
    """A document that is written from its first page to its last."""

    title: str
    author: str
    footer: str
    _out: io.BytesIO = field(default_factory=io.BytesIO, init=False)
    _canvas: Canvas = field(init=False)
    _at: float = field(default=HEIGHT - MARGIN, init=False)

    def __post_init__(self) -> None:
        """Begin the first page."""
        for face in (PLAIN, STRONG):
            _glyphs(face)
        self._canvas = Canvas(self._out, A4, invariant=1, lang="en")
        self._canvas.setTitle(self.title)
        self._canvas.setAuthor(self.author)
        self._canvas.setCreator("Lapel Evidence")

    def put(self, one: Block) -> None:
        """Write a block; on a new page if this one has no room for it."""
        if self._at - one.height < _FOOT and self._at < HEIGHT - MARGIN:
            self._turn()
        if one.ruled:
            self._canvas.setStrokeColor(LINE)
            self._canvas.line(MARGIN, self._at, WIDTH - MARGIN, self._at)
            self._at -= 5
        for words, style in one.lines:
            if self._at - style.leading < _FOOT:
                self._turn()
            self._at -= style.leading
            self._draw(words, style)
        self._at -= 8

    def _draw(self, words: str, style: Style, at: float | None = None) -> None:
        self._canvas.setFont(style.face, style.size)
        self._canvas.setFillColor(QUIET if style.quiet else TEXT)
        lift = style.leading - style.size
        self._canvas.drawString(MARGIN, (self._at if at is None else at) + lift, words)

    def _turn(self) -> None:
        self._end_page()
        self._at = HEIGHT - MARGIN

    def _end_page(self) -> None:
        number = str(self._canvas.getPageNumber())
        for line in wrapped(self.footer, SMALL, MEASURE - 40)[:1]:
            self._draw(line, SMALL, MARGIN - 12)
        self._canvas.setFont(SMALL.face, SMALL.size)
        lift = SMALL.leading - SMALL.size
        self._canvas.drawRightString(WIDTH - MARGIN, MARGIN - 12 + lift, number)
        self._canvas.showPage()

    def done(self) -> bytes:
        """End the last page; give the document."""
        self._end_page()
        self._canvas.save()
        return self._out.getvalue()
