"""What a custody extract proves of one recording (formats 9 and 12)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lapel.base.errors import LapelError, SignatureError
from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.crypto.merkle import leaf_hash, verify_inclusion
from lapel.crypto.note import LogVerifier
from lapel.proof.extract import CustodyExtract, Extracted
from lapel.wire.custody import Checkpoint, Leaf, ObjectKind, parse_note
from lapel.wire.packaged import RECORDING_PACKAGED, Packaged

CLIENT: int = 0
"""Number under which the text of the client's address stands."""
_TEXTS = frozenset({CLIENT, 1, 2, 3, 4})
_TEXTS_OF: dict[str, frozenset[int]] = {
    "recording.received": frozenset({CLIENT}),
    "recording.erased-on-camera": frozenset({CLIENT}),
    "recording.annotated": _TEXTS | {5},
}
"""Which fields hold salted hashes of texts, by act; other hashes are of documents."""


@dataclass(frozen=True)
class Told:
    """An act that stands in the log; `hidden` are fields whose text is not here."""

    number: int
    leaf: Leaf
    texts: dict[int, str]
    hidden: tuple[int, ...]


@dataclass(slots=True)
class Custody:
    """What was found: acts in order, and what is wrong or open."""

    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    acts: list[Told] = field(default_factory=list)
    leaves: dict[int, bytes] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    vouched: bool = False
    packaged: Packaged | None = None


def read_note(note: str, logs: Sequence[LogVerifier]) -> tuple[Checkpoint, bool]:
    """Give a note's checkpoint, and whether a trusted log signed it.

    Raises `MalformedError`, or `SignatureError` where a trusted log's own signature
    line does not fit: that note was changed.
    """
    body, lines = parse_note(note)
    checkpoint = Checkpoint.parse(body)
    named = {(line.name, line.key_hash) for line in lines}
    for log in logs:
        if (log.name, log.key_hash) in named:
            return log.open(note), True
    return checkpoint, False


def judge_custody(
    extract: bytes, note: bytes, recording: bytes, logs: Sequence[LogVerifier]
) -> Custody:
    """Judge an extract under a checkpoint.

    1. The checkpoint is a signed note; whether by a trusted log is said apart. 2. Acts
    stand in order, each once, each on this recording. 3. Each stands in the log at its
    number, below the checkpoint's root. 4. Each text fits its salted hash. 5. Where the
    last act says that a package was made, as many acts stand before it as it says.

    What comes after the last act nobody can tell from an extract.
    """
    found = Custody()
    try:
        text = note.decode()
        found.checkpoint, found.vouched = read_note(text, logs)
        read = CustodyExtract.decode(extract)
    except (LapelError, UnicodeDecodeError) as error:
        found.wrong.append(f"custody: {_plain(error)}")
        return found
    if not found.vouched:
        found.notes.append("no log key that you trust signed the custody's checkpoint")
    for act in read.acts:
        try:
            found.acts.append(_told(act, found.checkpoint, recording))
            found.leaves[act.number] = act.leaf
        except LapelError as error:
            found.wrong.append(f"custody: act {act.number}: {error}")
    if any(one.number >= two.number for one, two in pairwise(read.acts)):
        found.wrong.append("custody: acts out of order, or one twice")
    _judge_last(found)
    return found


def _plain(error: Exception) -> str:
    return str(error) if isinstance(error, LapelError) else "not text"


def _told(act: Extracted, checkpoint: Checkpoint, recording: bytes) -> Told:
    verify_inclusion(
        leaf_hash(act.leaf), act.number, checkpoint.size, act.proof, checkpoint.root
    )
    leaf = Leaf.decode(act.leaf)
    if leaf.subject != (ObjectKind.RECORDING, recording_name(recording)):
        raise SignatureError("it is on something else than this recording")
    hashes = {
        number: value
        for number, value in leaf.detail.items()
        if isinstance(value, bytes) and len(value) == 32
    }
    if leaf.client is not None:
        hashes[CLIENT] = leaf.client
    for number, kept in act.texts.items():
        if hashes.get(number) != sha256(kept.salt + kept.text.encode()):
            raise SignatureError(f"text {number} is not what was logged")
    salted = hashes.keys() & _TEXTS_OF.get(leaf.action, _TEXTS)
    hidden = sorted(salted - act.texts.keys())
    texts = {number: kept.text for number, kept in act.texts.items()}
    return Told(act.number, leaf, texts, tuple(hidden))


def _judge_last(found: Custody) -> None:
    if not found.acts:
        found.wrong.append("custody: no act on this recording")
        return
    last = found.acts[-1].leaf
    if last.action != RECORDING_PACKAGED:
        found.wrong.append("custody: it does not end with the making of a package")
        return
    try:
        found.packaged = Packaged.within(last.detail)
    except LapelError as error:
        found.wrong.append(f"custody: the last act: {error}")
        return
    before, here = found.packaged.before, len(found.acts) - 1
    if before != here:
        found.wrong.append(
            f"custody: {before} acts stand before this package, {here} are here"
        )
