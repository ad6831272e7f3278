"""Inspection of a recording while it arrives: every frame, every link, once.

Bytes are fed in the order in which they lie in the file. What the inspection keeps is
small: the chain, the sizes of the frames, the marks.
"""

from dataclasses import dataclass, field
from typing import Final

from lapel.base.errors import MalformedError
from lapel.crypto.seal import FrameError, NoKeyError, Opener, frame_check
from lapel.proof.chain import BrokenError, Chain, part_size
from lapel.proof.sealed import is_sealed
from lapel.wire.boxes import Mark, children, read_emsg
from lapel.wire.sealed import (
    FRAME,
    FRAME_MOST,
    PREAMBLE,
    Header,
    frame_size,
    header_size,
)

MARKS_MOST: Final = 10_000


@dataclass(slots=True)
class Walked:
    """What was learned of a recording's inside."""

    chain: Chain | None = None
    parts: list[int] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    last_marked: bool = False

    def take(self, part: bytes | memoryview) -> None:
        """Walk one part of the clear file; raises BrokenError."""
        if self.chain is None:
            self.chain = Chain.begin(part)
        else:
            self.chain.take(part)
            self._collect(memoryview(part))
        self.parts.append(len(part))

    def _collect(self, part: memoryview) -> None:
        for box in children(part, 0, len(part)):
            if box.kind != b"emsg" or len(self.marks) >= MARKS_MOST:
                continue
            try:
                self.marks.append(read_emsg(bytes(part[box.payload : box.end])))
            except MalformedError:
                continue


class Inspector:
    """Opens and walks a file of known length that is fed piece by piece.

    The first fault is kept in `fault`; what comes after it is not looked at.
    """

    def __init__(self, recording: bytes, length: int, key: bytes | None) -> None:
        """Expect `recording` in a file of `length` bytes; `key` opens it if sealed."""
        self._recording = recording
        self._length = length
        self._key = key
        self._buffer = bytearray()
        self._done = 0
        self._opener: Opener | None = None
        self.sealed: bool | None = None
        self.walked = Walked()
        self.fault: Exception | None = None

    @property
    def wants_key(self) -> bool:
        """Whether the file is sealed and there was no key for it when it began."""
        return self._key is None and isinstance(self.fault, NoKeyError)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self.fault is not None:
            return
        self._buffer += data
        try:
            self._step()
        except (BrokenError, FrameError, NoKeyError, MalformedError) as error:
            self.fault = error
            self._buffer = bytearray()

    def finish(self) -> None:
        """Say that all bytes were fed."""
        if self.fault is None and (self._buffer or self.walked.chain is None):
            self.fault = BrokenError(
                f"{len(self._buffer)} bytes at the end are no whole part"
            )

    def _step(self) -> None:
        if self.sealed is None:
            if len(self._buffer) < min(PREAMBLE, self._length):
                return
            self.sealed = is_sealed(bytes(self._buffer[:PREAMBLE]))
        if not self.sealed:
            self._walk_clear()
        elif self._opener is not None or self._begin():
            self._walk_frames()

    def _begin(self) -> bool:
        size = PREAMBLE + header_size(bytes(self._buffer[:PREAMBLE]))
        if len(self._buffer) < size:
            return False
        raw = bytes(self._buffer[:size])
        header = Header.decode(raw[PREAMBLE:])
        if header.recording != self._recording:
            raise BrokenError("the file is of another recording")
        if self._key is None:
            raise NoKeyError("no key at hand opens this recording")
        self._opener = Opener.start(raw, self._key)
        self._drop(size)
        return True

    def _walk_frames(self) -> None:
        if self._opener is None:
            return
        taken = 0
        with memoryview(self._buffer) as whole:
            while len(whole) - taken >= FRAME.size:
                body = taken + FRAME.size
                size, check = frame_size(bytes(whole[taken:body]))
                if len(whole) - body < size:
                    break
                with whole[body : body + size] as sealed:
                    self._open(sealed, check, taken)
                taken = body + size
        self._drop(taken)

    def _slice(self, start: int, end: int) -> bytes:
        with memoryview(self._buffer) as whole, whole[start:end] as part:
            return bytes(part)

    def _open(self, sealed: memoryview, check: bytes, taken: int) -> None:
        if self._opener is None:
            return
        index = len(self.walked.parts)
        at_end = self._done + taken + FRAME.size + len(sealed) == self._length
        if frame_check(index, sealed) != check:
            raise BrokenError(f"the check of frame {index} is wrong")
        if at_end:
            try:
                plain = self._opener.frame(index, sealed, last=True)
                self.walked.last_marked = True
            except FrameError:
                plain = self._opener.frame(index, sealed, last=False)
        else:
            plain = self._opener.frame(index, sealed, last=False)
        self.walked.take(plain)

    def _walk_clear(self) -> None:
        taken = 0
        while (size := self._part_size(taken)) is not None:
            self.walked.take(self._slice(taken, taken + size))
            taken += size
        self._drop(taken)
        if len(self._buffer) > FRAME_MOST:
            raise BrokenError("a part without end")

    def _part_size(self, start: int) -> int | None:
        with memoryview(self._buffer) as whole:
            return part_size(whole, start)

    def _drop(self, size: int) -> None:
        if size:
            del self._buffer[:size]
            self._done += size
