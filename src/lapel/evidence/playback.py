"""A stored recording read as the plain MP4 it is, opened part by part as it is asked.

What lies on the disk stays sealed. A clear offset is mapped to the frame that holds
it; at most one frame is in memory at a time.
"""

import bisect
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lapel.base.errors import LapelError, NotFoundError, SignatureError
from lapel.crypto.seal import FrameError, NoKeyError, Opener, frame_check
from lapel.evidence.ingest.service import Ingest
from lapel.evidence.items.model import Unit
from lapel.evidence.items.service import Opened
from lapel.evidence.store.objects import opened
from lapel.wire.sealed import FRAME, PREAMBLE, TAG, header_size


class StoredFileError(LapelError):
    """The stored file of a recording cannot be read as what came.

    It must be brought back from the backup; the receipt tells which bytes are right.
    """

    code = "stored-file"


@dataclass(frozen=True)
class ClearFile:
    """The clear bytes of one recording; `units` say where each part lies."""

    fd: int
    units: tuple[Unit, ...]
    opener: Opener | None
    header: int

    @classmethod
    @contextmanager
    def open(cls, ingest: Ingest, what: Opened) -> Generator["ClearFile"]:
        """Open a recording; raises NotFoundError, NoKeyError."""
        with opened(ingest.objects.path(what.item.object)) as fd:
            opener, header = None, 0
            if what.item.sealed:
                key = ingest.recording_key(what.item.serial, what.item.id)
                if key is None:
                    raise NoKeyError("no key at hand opens this recording")
                head = os.pread(fd, PREAMBLE, 0)
                header = PREAMBLE + header_size(head)
                opener = Opener.start(os.pread(fd, header, 0), key)
            yield cls(fd, what.units, opener, header)

    @property
    def size(self) -> int:
        """Give the bytes of the clear file."""
        return self.units[-1].offset + self.units[-1].size if self.units else 0

    def part(self, index: int) -> bytes:
        """Give one part; raises SignatureError when the stored file changed."""
        unit = self.units[index]
        if self.opener is None:
            data = os.pread(self.fd, unit.size, unit.offset)
            if len(data) != unit.size:
                raise SignatureError("the stored file is shorter than what came")
            return data
        start = self.header + unit.offset + index * (FRAME.size + TAG)
        raw = os.pread(self.fd, FRAME.size + unit.size + TAG, start)
        body = raw[FRAME.size :]
        if len(body) != unit.size + TAG:
            raise SignatureError("the stored file is shorter than what came")
        if frame_check(index, body) != raw[4 : FRAME.size]:
            raise FrameError(f"part {index} of the stored file has changed")
        if index == len(self.units) - 1:
            try:
                return self.opener.frame(index, body, last=True)
            except FrameError:
                return self.opener.frame(index, body, last=False)
        return self.opener.frame(index, body, last=False)

    def parts(self, first: int, end: int) -> bytes:
        """Give some parts put together."""
        last = min(end, len(self.units))
        return b"".join(self.part(index) for index in range(first, last))

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Give clear bytes `start` to `end`, one part at a time."""
        if not 0 <= start <= end <= self.size:
            raise NotFoundError("the file has no such bytes")
        offsets = [unit.offset for unit in self.units]
        index = max(0, bisect.bisect_right(offsets, start) - 1)
        while index < len(self.units) and self.units[index].offset < end:
            unit = self.units[index]
            data = self.part(index)
            yield data[max(0, start - unit.offset) : end - unit.offset]
            index += 1
