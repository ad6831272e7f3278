"""The custody log as a document for paper: each act, and what one may hold it against.

Paper proves nothing by itself, and the document says so: the leaf hash of each act
stands under it, to be looked up in the same acts taken out with proofs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lapel.crypto.merkle import leaf_hash
from lapel.evidence.custody.model import Logged, SignedHead, Target
from lapel.evidence.web import acts
from lapel.evidence.web.clock import Local
from lapel.evidence.web.paper import BODY, HEADING, SMALL, TITLE, Block, Paper, block
from lapel.evidence.web.words import Catalogue
from lapel.wire.custody import ObjectKind

MOST: Final = 5_000
"""Acts in one document: some 700 pages."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What the first page says: whose log, of what, by whom taken out, covered by."""

    agency: str
    of: str
    by: str
    taken_ms: int
    key: str
    head: SignedHead


def document(
    cover: Cover, logged: Sequence[Logged], local: Local, words: Catalogue
) -> bytes:
    """Write acts, the oldest first, as PDF."""
    _ = words.gettext
    title = f"{_('Custody log')}: {cover.of}"
    root = cover.head.root.hex()
    footer = _("%(agency)s, custody log, checkpoint of %(size)d acts, root %(root)s")
    known = {"agency": cover.agency, "size": cover.head.size, "root": root[:16]}
    paper = Paper(title, cover.agency, footer % known)
    for one in _front(cover, len(logged), local, words):
        paper.put(one)
    for act in logged:
        paper.put(_act(act, local, words))
    end = _("End: %(count)d acts.") % {"count": len(logged)}
    paper.put(block((end, BODY), ruled=True))
    return paper.done()


def _front(
    cover: Cover, count: int, local: Local, words: Catalogue
) -> tuple[Block, ...]:
    _ = words.gettext
    when = f"{local.whole(cover.taken_ms)} ({local.offset(cover.taken_ms)})"
    said = {
        "count": count,
        "name": cover.by,
        "when": when,
        "size": cover.head.size,
    }
    return (
        block((_("Custody log"), TITLE), (f"{cover.agency} · {cover.of}", HEADING)),
        block(
            (_("Taken out by %(name)s on %(when)s.") % said, BODY),
            (
                _("%(count)d acts, the oldest first. Names stand as they were then.")
                % said,
                BODY,
            ),
            (
                _(
                    "Paper proves nothing by itself. Under each act stands the hash of "
                    "its leaf; the same acts taken out with proofs show that the leaf "
                    "is in the log, and anyone can check that without trusting the "
                    "agency."
                ),
                BODY,
            ),
            (
                _(
                    "Letters that the face of this document lacks are spelt as their "
                    "code points, such as <U+05D0>."
                ),
                BODY,
            ),
        ),
        block(
            (_("Checkpoint of %(size)d acts") % said, HEADING),
            (f"{_('root')} {cover.head.root.hex()}", SMALL),
            (f"{_('key')} {cover.key}", SMALL),
        ),
    )


def _act(logged: Logged, local: Local, words: Catalogue) -> Block:
    told = acts.tell(logged, words)
    when = f"{local.utc(logged.time_ms)} · {local.whole(logged.time_ms)}"
    about = f"{_kind(logged.target.kind, words)} {told.target}".strip()
    return block(
        (f"{logged.number}  {told.title}", HEADING),
        (when, BODY),
        (told.detail, BODY),
        (f"{about} · {logged.action}", SMALL),
        (leaf_hash(logged.leaf).hex(), SMALL),
        ruled=True,
    )


def subject(target: Target, logged: Sequence[Logged], words: Catalogue) -> str:
    """Say what acts are of; a person by the name that the last of them gives."""
    kind = _kind(target.kind, words)
    if not kind:
        return words.gettext("the whole log")
    named = (
        acts.tell(one, words).target
        for one in reversed(logged)
        if target.kind is ObjectKind.USER and one.target == target
    )
    return f"{kind} {next(named, target.name)}"


def _kind(kind: ObjectKind, words: Catalogue) -> str:
    _ = words.gettext
    known = {
        ObjectKind.RECORDING: _("recording"),
        ObjectKind.USER: _("person"),
        ObjectKind.DEVICE: _("device"),
    }
    return known.get(kind, "")
