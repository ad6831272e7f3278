"""Text burnt into pictures: a 5 x 7 face, drawn into the luma plane."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

_INK: Final = 235
_PAPER: Final = 16
_COLUMNS: Final = 6
_ROWS: Final = 9

# Five columns a letter, least significant bit on top.
_FACE: Final = {
    " ": "0000000000",
    "-": "0808080808",
    ".": "0060600000",
    ":": "0036360000",
    "0": "3E5149453E",
    "1": "00427F4000",
    "2": "4261514946",
    "3": "2141454B31",
    "4": "1814127F10",
    "5": "2745454539",
    "6": "3C4A494930",
    "7": "0171090503",
    "8": "3649494936",
    "9": "064949291E",
    "A": "7E1111117E",
    "B": "7F49494936",
    "C": "3E41414122",
    "D": "7F4141221C",
    "E": "7F49494941",
    "F": "7F09090901",
    "G": "3E4149497A",
    "H": "7F0808087F",
    "I": "00417F4100",
    "J": "2040413F01",
    "K": "7F08142241",
    "L": "7F40404040",
    "M": "7F020C027F",
    "N": "7F0408107F",
    "O": "3E4141413E",
    "P": "7F09090906",
    "Q": "3E4151215E",
    "R": "7F09192946",
    "S": "4649494931",
    "T": "01017F0101",
    "U": "3F4040403F",
    "V": "1F2040201F",
    "W": "3F4038403F",
    "X": "6314081463",
    "Y": "0708700807",
    "Z": "6151494543",
}


def _glyph(columns: str, scale: int) -> Luma:
    cell = np.full((_ROWS, _COLUMNS), _PAPER, np.uint8)
    for x, column in enumerate(bytes.fromhex(columns)):
        for y in range(_ROWS - 2):
            if column >> y & 1:
                cell[y + 1, x] = _INK
    return np.repeat(np.repeat(cell, scale, 0), scale, 1)


class Stamp:
    """Draws lines of text at one size; letters it does not have are blank."""

    def __init__(self, scale: int) -> None:
        """Prepare the face at `scale` pixels a dot."""
        self._glyphs = {letter: _glyph(code, scale) for letter, code in _FACE.items()}
        self._blank = self._glyphs[" "]
        self.height = _ROWS * scale
        self.width = _COLUMNS * scale

    def draw(self, luma: Luma, text: str, left: int, top: int) -> None:
        """Draw `text` at a place; what lies outside the picture is left out."""
        line = np.hstack([self._glyphs.get(letter, self._blank) for letter in text])
        room = luma[top : top + self.height, left : left + line.shape[1]]
        room[:, :] = line[: room.shape[0], : room.shape[1]]
