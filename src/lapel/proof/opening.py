"""Opening of sealed files: the clear recording, as far as it is good."""

from collections.abc import Iterator
from dataclasses import dataclass

from lapel.crypto.seal import Opener
from lapel.proof.recording import Keys
from lapel.proof.sealed import FramePlace, open_frame, start_opening, whole_frames


@dataclass(frozen=True)
class Unsealed:
    """A sealed file with its key: frames can be opened in order or at random."""

    data: memoryview
    opener: Opener
    header_size: int

    def frames(self) -> Iterator[FramePlace]:
        """Give the places of all frames whose check is right."""
        return whole_frames(self.data, self.header_size)

    def open(self, place: FramePlace) -> bytes:
        """Open one frame; raises `FrameError`."""
        at_end = place.end == len(self.data)
        return open_frame(self.opener, place, self.data, at_end=at_end)[0]


def unseal(data: memoryview, keys: Keys) -> Unsealed:
    """Find the key of a sealed file; raises `NoKeyError`, `MalformedError`."""
    raw, _, opener = start_opening(data, keys.envelope, keys.privates)
    return Unsealed(data, opener, len(raw))
