"""Golden recordings, journals and logs: read, and made again byte for byte."""

import hashlib

from lapel.crypto.keys import PrivateKey
from lapel.crypto.merkle import leaf_hash, verify_consistency, verify_inclusion
from lapel.proof.opening import unseal
from lapel.proof.recording import Keys
from lapel.wire import cose
from lapel.wire.boxes import END, GENESIS, LINK, uuid_box
from lapel.wire.custody import Leaf
from lapel.wire.document import Document
from lapel.wire.journal import Anchor as AnchorData
from lapel.wire.journal import Entry, EntryKind, Lost, Start, Stop
from lapel.wire.recording import End, Genesis, Link
from tests.golden import Case, cases, each, recording
from tests.wire.test_cbor import from_json

CASE = recording()
DOCUMENTS = [bytes.fromhex(document) for document in CASE.out["documents"]]
KINDS = ["genesis", "link", "link", "link", "end"]


def test_every_document_of_the_recording_is_made_again() -> None:
    classes: dict[str, type[Document]] = {"genesis": Genesis, "link": Link, "end": End}
    for kind, raw in zip(KINDS, DOCUMENTS, strict=True):
        read = cose.parse(kind, raw)
        assert classes[kind].decode(read.payload).encode() == read.payload
        again = cose.protected_header(read.kid, read.x5chain)
        assert cose.assemble(again, read.payload, read.signature) == raw
    heads = [hashlib.sha256(raw).hexdigest() for raw in DOCUMENTS[:-1]]
    assert heads == CASE.out["heads"]


def test_genesis_says_what_was_put_into_it() -> None:
    told = {int(key): value for key, value in CASE.given["genesis"].items()}
    items = Genesis.decode(cose.parse("genesis", DOCUMENTS[0]).payload).items()
    assert items.keys() == told.keys()
    for key, value in told.items():
        found = items[key]
        if key == 13:
            assert found == (value[0], bytes.fromhex(value[1]))
        elif isinstance(found, bytes):
            assert found.hex() == value
        else:
            assert found == value


def test_the_recording_is_made_again_of_its_parts() -> None:
    genesis, *links, end = DOCUMENTS
    file = CASE.raw("init") + uuid_box(GENESIS, genesis)
    for unit, link in zip(CASE.given["units"], links, strict=True):
        file += bytes.fromhex(unit) + uuid_box(LINK, link)
    file += uuid_box(END, end)
    assert file == CASE.expected("file")
    assert hashlib.sha256(file).hexdigest() == CASE.out["sha256"]


@each("sealed", "closed", "power loss")
def test_the_clear_copy_of_a_sealed_file_is_the_golden_one(case: Case) -> None:
    private = PrivateKey.from_secret(case.raw("evidence_key"))
    data = memoryview(case.expected("file"))
    opened = unseal(data, Keys((private,), case.expected("envelope")))
    clear = b"".join(opened.open(place) for place in opened.frames())
    assert hashlib.sha256(clear).hexdigest() == case.out["clear_sha256"]


def test_every_entry_of_the_journal_is_made_again() -> None:
    case = cases("journal")[0]
    data: dict[EntryKind, type[Document]] = {
        EntryKind.START: Start,
        EntryKind.ANCHOR: AnchorData,
        EntryKind.STOP: Stop,
        EntryKind.LOST: Lost,
    }
    file = case.expected("file")
    starts = [0, *case.out["ends"]]
    assert len(starts) == len(case.given["entries"]) + 1 == 7
    for number, told in enumerate(case.given["entries"]):
        raw = file[starts[number] : starts[number + 1]]
        payload = cose.parse("journal", raw).payload
        entry = Entry.decode(payload)
        assert entry.encode() == payload
        assert (entry.seq, entry.kind, entry.nv) == (number, told["6"], told.get("9"))
        if entry.kind in data:
            assert data[entry.kind].of(entry.data).items() == entry.data
        else:
            assert entry.data == from_json(told["7"])


def test_every_leaf_of_the_golden_trees_is_made_again() -> None:
    found = [
        bytes.fromhex(leaf)
        for case in cases("custody")
        if case.name.startswith("tree of") and isinstance(case.given["leaves"], list)
        for leaf in case.given["leaves"]
    ]
    assert len(found) == 12
    for leaf in found:
        assert Leaf.decode(leaf).encode() == leaf


def test_the_proofs_of_the_golden_tree_hold() -> None:
    (case,) = [case for case in cases("custody") if case.name == "tree of 300"]
    root = case.expected("root")
    assert case.out["inclusion"]
    for index, proof in case.out["inclusion"].items():
        hashes = [bytes.fromhex(one) for one in proof]
        leaf = leaf_hash(f"leaf {index}".encode())
        verify_inclusion(leaf, int(index), 300, hashes, root)
    assert case.out["consistency"]
    for old, proof in case.out["consistency"].items():
        hashes = [bytes.fromhex(one) for one in proof]
        known = root if old == "300" else bytes.fromhex(case.out["roots"][old])
        verify_consistency((int(old), known), (300, root), hashes)
