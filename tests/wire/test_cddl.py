"""`docs/reference/lapel.cddl` describes the documents that the code and others make."""

# pyright: standard

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pycddl import Schema, ValidationError  # type: ignore[import-untyped]

from lapel.proof.journal import split
from lapel.wire import cbor, cose
from lapel.wire.boxes import children, read_emsg
from lapel.wire.custody import Leaf
from lapel.wire.document import Document
from lapel.wire.journal import Entry
from lapel.wire.receipt import RECORDING_RECEIVED, Receipt
from lapel.wire.sealed import PREAMBLE
from tests.golden import Case, cases, each, recording
from tests.wire.test_documents import DOCUMENTS, NAMES

ROOT = Path(__file__).parents[2]
CDDL = (ROOT / "docs/reference/lapel.cddl").read_text()
RULES = {
    "Record": "pairing-record",
    "State": "link-state",
    "Refusal": "refusal-result",
}


def check(rule: str, data: bytes) -> None:
    Schema(f"checked = {rule}\n{CDDL}").validate_cbor(data)


def rule_of(document: Document) -> str:
    name = type(document).__name__
    return RULES.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower())


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_our_documents_follow_the_description(document: Document) -> None:
    check(rule_of(document), document.encode())


def payload(kind: str, raw: str) -> bytes:
    return cose.parse(kind, bytes.fromhex(raw)).payload


def recordings() -> Iterator[tuple[str, bytes]]:
    documents = recording().out["documents"]
    kinds = ["genesis", *["link"] * (len(documents) - 2), "end"]
    for kind, document in zip(kinds, documents, strict=True):
        yield kind, payload(kind, document)
    unit = recording().given["units"][1]
    mark = bytes.fromhex(unit)
    (emsg, *_) = children(mark, 0, len(mark))
    assert emsg.kind == b"emsg"
    yield "mark", cbor.encode(read_emsg(mark[emsg.payload : emsg.end]).data)


def sealed_files() -> Iterator[tuple[str, bytes]]:
    for case in cases("sealed"):
        if "file" in case.out:
            yield "envelope", case.expected("envelope")
            yield "header", case.expected("header")[PREAMBLE:]


def journals() -> Iterator[tuple[str, bytes]]:
    rules = {3: "start", 4: "anchor", 5: "stop", 22: "lost"}
    for raw in split(cases("journal")[0].expected("file")):
        data = cose.parse("journal", raw).payload
        yield "entry", data
        entry = Entry.decode(data)
        if entry.kind in rules:
            yield rules[entry.kind], cbor.encode(entry.data)


def receipts() -> Iterator[tuple[str, bytes]]:
    for case in cases("receipt"):
        raw = (case.out if "receipt" in case.out else case.given)["receipt"]
        data = payload("receipt", raw)
        yield "receipt", data
        leaf = Receipt.decode(data).leaf
        yield "leaf", leaf
        read = Leaf.decode(leaf)
        if read.action == RECORDING_RECEIVED:
            yield "received", cbor.encode(read.detail)


def leaves() -> Iterator[tuple[str, bytes]]:
    for case in cases("custody"):
        for leaf in case.given.get("leaves", []):
            if case.name != "tree of 300":
                yield "leaf", bytes.fromhex(leaf)


def grants() -> Iterator[tuple[str, bytes]]:
    for case in cases("grant"):
        if case.out.get("refused") != "unknown field":
            yield "grant", payload("grant", case.given["grant"])


@pytest.mark.parametrize(
    ("documents", "least"),
    [
        (recordings, 6),
        (sealed_files, 4),
        (journals, 10),
        (receipts, 30),
        (leaves, 12),
        (grants, 8),
    ],
)
def test_every_golden_document_follows_the_description(
    documents: Callable[[], Iterator[tuple[str, bytes]]], least: int
) -> None:
    found = list(documents())
    assert len(found) >= least
    for rule, data in found:
        check(rule, data)


@each("sealed", "envelope:")
def test_golden_refusals_of_envelopes_do_not_follow_it(case: Case) -> None:
    if case.out["refused"] != "bytes after":  # which a description cannot say
        with pytest.raises(ValidationError):
            check("envelope", case.raw("envelope"))


def test_a_grant_with_an_unknown_field_does_not_follow_it() -> None:
    (case,) = [c for c in cases("grant") if c.out.get("refused") == "unknown field"]
    with pytest.raises(ValidationError):
        check("grant", payload("grant", case.given["grant"]))


def test_the_description_refuses_what_it_should() -> None:
    for document in DOCUMENTS:
        if document.SLOTS:  # the library takes any map for an empty one
            with pytest.raises(ValidationError):
                check(rule_of(document), b"\xa1\x18\xc8\x01")


def test_every_rule_is_used() -> None:
    rules = set(re.findall(r"^([a-z-]+) =", CDDL, re.MULTILINE))
    for rule in rules:
        assert len(re.findall(rf"\b{rule}\b", CDDL)) > 1 or rule in {
            rule_of(document) for document in DOCUMENTS
        }
