"""`docs/reference/lapel.cddl` describes the documents that the code and others make."""

# pyright: standard

import re
from pathlib import Path

import pytest
from pycddl import Schema, ValidationError  # type: ignore[import-untyped]

from lapel.wire import cose
from lapel.wire.document import Document
from tests.golden import cases, recording
from tests.wire.test_documents import DOCUMENTS, NAMES

ROOT = Path(__file__).parents[2]
CDDL = (ROOT / "docs/reference/lapel.cddl").read_text()
RULES = {"SignedTime": "signed-time", "JournalReceived": "journal-received"}


def check(rule: str, data: bytes) -> None:
    Schema(f"checked = {rule}\n{CDDL}").validate_cbor(data)


def rule_of(document: Document) -> str:
    name = type(document).__name__
    return RULES.get(name, name.lower())


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_our_documents_follow_the_description(document: Document) -> None:
    check(rule_of(document), document.encode())


def test_golden_documents_follow_the_description() -> None:
    case = recording()
    kinds = ["genesis", *["link"] * (len(case.out["documents"]) - 2), "end"]
    for kind, document in zip(kinds, case.out["documents"], strict=True):
        check(kind, cose.parse(kind, bytes.fromhex(document)).payload)
    receipt = cases("receipt")[0]
    check("leaf", receipt.expected("leaf"))
    check("receipt", cose.parse("receipt", receipt.expected("receipt")).payload)
    for sealed in cases("sealed")[:2]:
        check("envelope", sealed.expected("envelope"))
    for grant in cases("grant"):
        if "ok" in grant.out:
            check("grant", cose.parse("grant", grant.raw("grant")).payload)


def test_the_description_refuses_what_it_should() -> None:
    for document in DOCUMENTS:
        with pytest.raises(ValidationError):
            check(rule_of(document), b"\xa1\x18\xc8\x01")


def test_every_rule_is_used() -> None:
    rules = set(re.findall(r"^([a-z-]+) =", CDDL, re.MULTILINE))
    for rule in rules:
        assert len(re.findall(rf"\b{rule}\b", CDDL)) > 1 or rule in {
            rule_of(document) for document in DOCUMENTS
        }
