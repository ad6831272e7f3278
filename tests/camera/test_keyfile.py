"""The key store in a file: what its keys may be used for, and what it hides."""

import pytest

from lapel.base.errors import NotFoundError, RefusedError, SignatureError
from lapel.camera.keyfile import KeyFile
from lapel.camera.peer import StoredPair
from lapel.crypto.noise import HandshakeError, P256Pair
from lapel.ports.keystore import OF_TENANT, KeyName
from lapel.sim.clock import seeded
from lapel.sim.storage import MemoryFiles


def store(seed: int = 1) -> KeyFile:
    keys = KeyFile(MemoryFiles(), seeded(seed))
    keys.make(OF_TENANT)
    return keys


def test_only_the_link_key_agrees() -> None:
    keys, peer = store(), P256Pair.fresh(seeded(9))
    for name in KeyName:
        if name is not KeyName.LINK:
            with pytest.raises(RefusedError, match="agree"):
                keys.agree(name, peer.point)


def test_both_sides_agree_on_one_secret() -> None:
    pair, peer = StoredPair(store()), P256Pair.fresh(seeded(9))
    assert pair.agree(peer.point) == peer.agree(pair.point)


def test_a_point_off_the_curve_is_refused() -> None:
    with pytest.raises(HandshakeError):
        StoredPair(store()).agree(b"\4" + bytes(63) + b"\1")


def test_without_a_tenant_there_is_no_link_key() -> None:
    with pytest.raises(NotFoundError):
        StoredPair(KeyFile(MemoryFiles(), seeded(1)))


def test_what_is_hidden_comes_back_under_its_name_only() -> None:
    keys = store()
    hidden = keys.hide(b"pairing", b"secret")
    assert b"secret" not in hidden
    assert hidden != keys.hide(b"pairing", b"secret")
    assert keys.reveal(b"pairing", hidden) == b"secret"
    with pytest.raises(SignatureError):
        keys.reveal(b"other", hidden)
    with pytest.raises(SignatureError):
        store(2).reveal(b"pairing", hidden)
