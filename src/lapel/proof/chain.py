"""The chain of a recording, walked part by part as it is read or received.

A part is what lies between the ends of two of our boxes: `ftyp moov GENESIS`, then
units with their LINK, then END. In a sealed file each part is one frame.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from lapel.base.errors import LapelError, MalformedError, SignatureError
from lapel.crypto import cose
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.wire.boxes import (
    END,
    GENESIS,
    HEAD,
    LINK,
    UUID_HEAD,
    Box,
    box_head,
    children,
    read_emsg,
)
from lapel.wire.cose import Sign1, limit_of, parse
from lapel.wire.media import Init, video_span
from lapel.wire.recording import End, Genesis, Link

FRAGMENTS_MOST: Final = 16
_KINDS: Final = {GENESIS: "genesis", LINK: "link", END: "end"}


class BrokenError(SignatureError):
    """A part that is not what the camera signed, or not in its place."""

    code = "tampered"


@dataclass(slots=True)
class Order:
    """Which boxes may follow each other in a part, box by box as they come."""

    before: bytes = b""
    fragments: int = 0

    def take(self, kind: bytes) -> None:
        """Go on to a box of this kind; raises `BrokenError` out of its place."""
        if kind not in _AFTER.get(self.before, ()):
            name = ascii(kind.decode("latin-1"))
            raise BrokenError(f"a box of kind {name} out of its place")
        self.fragments += kind == b"moof"
        if self.fragments > FRAGMENTS_MOST:
            raise BrokenError("a unit of more than 16 fragments")
        self.before = kind


_AFTER: Final = {
    b"": (b"ftyp", b"emsg", b"moof", b"uuid"),
    b"ftyp": (b"moov",),
    b"moov": (b"uuid",),
    b"emsg": (b"emsg", b"moof"),
    b"moof": (b"mdat",),
    b"mdat": (b"emsg", b"moof", b"uuid"),
}
_LAST_BEFORE: Final = {"genesis": b"moov", "link": b"mdat", "end": b""}


@dataclass(frozen=True, slots=True)
class Part:
    """A part cut into the bytes that were signed over and the document after them."""

    kind: str
    body: memoryview
    document: bytes
    fragments: tuple[Box, ...]


def cut(part: bytes | memoryview) -> Part:
    """Cut a part at its closing uuid box; raises `BrokenError`.

    1. Its boxes stand in the order of the grammar. 2. Each mark is one of ours. 3. It
    ends with a box of ours, of the kind that belongs behind them. What is kept of it is
    bounded, however many boxes it has.
    """
    view = memoryview(part)
    order, fragments, last = Order(), list[Box](), None
    before = b""
    try:
        for one in children(view, 0, len(view)):
            before = order.before
            order.take(one.kind)
            if one.kind == b"moof":
                fragments.append(one)
            if one.kind == b"emsg":
                read_emsg(view[one.payload : one.end])
            last = one
    except MalformedError as error:
        raise BrokenError(str(error)) from error
    if last is None or last.kind != b"uuid":
        raise BrokenError("a part that does not end with a signature")
    kind, document = _document(view, last)
    if before != _LAST_BEFORE[kind]:
        raise BrokenError(f"a box of kind {kind.upper()} out of its place")
    return Part(kind, view[: last.start], document, tuple(fragments))


def _document(view: memoryview, last: Box) -> tuple[str, bytes]:
    kind = _KINDS.get(bytes(view[last.payload : last.payload + 16]))
    if kind is None:
        raise BrokenError("a uuid box that is not ours")
    if last.end - last.start - UUID_HEAD > limit_of(kind):
        raise BrokenError(f"a {kind.upper()} that is too long")
    return kind, bytes(view[last.start + UUID_HEAD : last.end])


@dataclass(slots=True)
class Chain:
    """A recording's chain as far as it has been walked, all of it verified so far."""

    genesis: Genesis
    genesis_hash: bytes
    certificates: tuple[Certificate, ...]
    key: PublicKey
    init: Init
    clip: bool = False
    first_index: int = 0
    heads: list[bytes] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    end: End | None = None
    end_ms: int = 0

    @classmethod
    def begin(cls, data: bytes | memoryview) -> Self:
        """Open the first part.

        1. It is `ftyp moov GENESIS` and nothing else. 2. GENESIS verifies under its own
        leaf. 3. Its hash of `ftyp moov` is right. Whether the leaf is to be trusted is
        decided elsewhere. Raises `BrokenError`.
        """
        part = cut(data)
        if part.kind != "genesis":
            raise BrokenError("the file does not begin with ftyp, moov and GENESIS")
        try:
            document = parse("genesis", part.document)
            chain = tuple(Certificate.from_der(der) for der in document.x5chain)
            if not chain:
                raise BrokenError("GENESIS without a certificate")
            cose.verify("genesis", document, chain[0].public)
            genesis = Genesis.decode(document.payload)
            init = Init.parse(part.body)
        except LapelError as error:
            raise BrokenError(f"GENESIS: {error}") from error
        if sha256(part.body) != genesis.init_hash:
            raise BrokenError("ftyp and moov are not what GENESIS names")
        return cls(genesis, sha256(part.document), chain, chain[0].public, init)

    @property
    def head(self) -> bytes:
        """Chain hash of the last LINK, or of GENESIS."""
        return self.heads[-1] if self.heads else self.genesis_hash

    @property
    def count(self) -> int:
        """Number that the next LINK must carry; END's count of links."""
        return self.first_index + len(self.links)

    @property
    def start_ms(self) -> int:
        """Media time of the first picture."""
        return self.links[0].media_ms if self.links else 0

    def _signed(self, part: Part) -> Sign1:
        document = parse(part.kind, part.document)
        cose.verify(part.kind, document, self.key)
        return document

    def take(self, data: bytes | memoryview) -> None:
        """Walk one part further; raises `BrokenError` and then stays as it was."""
        if self.end is not None:
            raise BrokenError("something stands behind END")
        part = cut(data)
        if part.kind == "genesis":
            raise BrokenError("a second GENESIS")
        try:
            if part.kind == "link":
                self._take_unit(part)
            else:
                self._take_end(part)
        except BrokenError:
            raise
        except LapelError as error:
            raise BrokenError(f"{part.kind.upper()}: {error}") from error

    def _take_unit(self, part: Part) -> None:
        """Check a unit.

        1. LINK is signed by GENESIS's key. 2. It names this GENESIS, the next index and
        the LINK before it. 3. The unit's hash is right. 4. Media time rises and equals
        the media; the camera's monotonic time does not fall.
        """
        link = Link.decode(self._signed(part).payload)
        self._check_place(link)
        if link.unit_hash != sha256(part.body):
            raise BrokenError(f"unit {link.index} is not what the camera signed")
        self.end_ms = self._check_times(link, part)
        if not self.links and link.index:
            self.clip, self.first_index = True, link.index
        self.links.append(link)
        self.heads.append(sha256(part.document))

    def _check_place(self, link: Link) -> None:
        if link.genesis != self.genesis_hash:
            raise BrokenError("a LINK of another recording")
        first = not self.links
        if not first and link.index != self.count:
            raise BrokenError(f"unit {self.count} is missing or out of order")
        if not (first and link.index) and link.prev != self.head:
            raise BrokenError(f"LINK {link.index} does not follow the one before it")

    def _check_times(self, link: Link, part: Part) -> int:
        first: int | None = None
        end = 0
        scale = self.init.video.timescale
        for box in part.fragments:
            span = video_span(self.init, part.body[box.start : box.end])
            if span is not None:
                first = span.start if first is None else first
                end = span.end
        if first is None or first * 1000 // scale != link.media_ms:
            raise BrokenError(f"the media time of unit {link.index} disagrees")
        if self.links and link.media_ms <= self.links[-1].media_ms:
            raise BrokenError("media time does not rise")
        if link.mono_ms < self._last_mono():
            raise BrokenError("the camera's monotonic time falls")
        return end * 1000 // scale

    def _last_mono(self) -> int:
        return self.links[-1].mono_ms if self.links else self.genesis.mono_ms

    def _take_end(self, part: Part) -> None:
        """Check END: it is signed, and names this chain's last LINK."""
        end = End.decode(self._signed(part).payload)
        if end.genesis != self.genesis_hash:
            raise BrokenError("an END of another recording")
        if end.links != self.count or end.prev != self.head:
            raise BrokenError("END names another last LINK or another count")
        if end.mono_ms < self._last_mono():
            raise BrokenError("END lies before the last LINK in monotonic time")
        self.end = end


def part_size(data: memoryview, start: int) -> int | None:
    """Bytes of the part that begins at `start`; None when it does not end in `data`."""
    position = start
    while position + HEAD.size <= len(data):
        size, kind = box_head(data, position)
        if size < HEAD.size or position + size > len(data):
            return None
        position += size
        if kind == b"uuid":
            return position - start
    return None
