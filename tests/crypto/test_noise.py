"""The handshake engine: public vectors, golden ones, and every way to disturb it."""

from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

from lapel.crypto.keys import PrivateKey
from lapel.crypto.link import DISC, PSK, WIFI
from lapel.crypto.noise import (
    KKPSK2_MESSAGES,
    PAIRING,
    SESSION,
    XX_MESSAGES,
    Cipher,
    Handshake,
    HandshakeError,
    Known,
    P256Pair,
    Pattern,
)
from lapel.wire.link import prologue
from tests.golden import Case, cases, each

PUBLIC = {
    "Noise_XX_25519_AESGCM_SHA256": (XX_MESSAGES, False),
    "Noise_KKpsk2_25519_AESGCM_SHA256": (KKPSK2_MESSAGES, True),
}


@dataclass(frozen=True)
class Pair25519:
    """A pair on Curve25519, for the public vectors."""

    private: X25519PrivateKey

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def agree(self, peer: bytes) -> bytes:
        return self.private.exchange(X25519PublicKey.from_public_bytes(peer))


def pair25519(secret: bytes) -> Pair25519:
    return Pair25519(X25519PrivateKey.from_private_bytes(secret))


def pair(secret: bytes) -> P256Pair:
    return P256Pair.of(PrivateKey.from_secret(secret))


@each("noise-public")
def test_public_vectors_run_through_the_same_code(case: Case) -> None:
    messages, known = PUBLIC[case.name]
    pattern = Pattern(case.name, known, messages)
    psk = bytes.fromhex("".join(case.given.get("init_psks", [])))
    statics = [pair25519(case.raw(f"{side}_static")) for side in ("init", "resp")]
    sides: list[Handshake] = []
    for number, side in enumerate(("init", "resp")):
        peer = statics[1 - number].point if known else b""
        brought = Known(statics[number], peer, psk)
        ephemeral = pair25519(case.raw(f"{side}_ephemeral"))
        bound = case.raw(f"{side}_prologue")
        sides.append(
            Handshake.start(pattern, brought, ephemeral, bound, initiator=not number)
        )
    said = case.out["messages"]
    for number, message in enumerate(said[: len(messages)]):
        writer, reader = sides[number % 2], sides[1 - number % 2]
        payload = bytes.fromhex(message["payload"])
        written = writer.write(payload)
        assert written.hex() == message["ciphertext"]
        assert reader.read(written) == payload
    keys = [side.split() for side in sides]
    assert keys[0] == keys[1]
    assert keys[0].hash == case.expected("handshake_hash")
    ciphers = [Cipher(keys[0].from_initiator), Cipher(keys[0].from_responder)]
    for number, message in enumerate(said[len(messages) :], len(messages)):
        sealed = ciphers[number % 2].encrypt(bytes.fromhex(message["payload"]), b"")
        assert sealed.hex() == message["ciphertext"]


@dataclass
class Table:
    """Both sides of a golden handshake, at its start."""

    app: Handshake
    camera: Handshake
    payloads: tuple[bytes, ...]

    @classmethod
    def laid(cls, case: Case) -> "Table":
        statics = [pair(case.raw("app_static")), pair(case.raw("camera_static"))]
        psk = bytes.fromhex(case.given.get("psk", ""))
        pattern = SESSION if psk else PAIRING
        bound = prologue(case.raw("app_hello"), case.raw("camera_hello"))
        sides: list[Handshake] = []
        for number, side in enumerate(("app", "camera")):
            peer = statics[1 - number].point if psk else b""
            brought = Known(statics[number], peer, psk)
            ephemeral = pair(case.raw(f"{side}_ephemeral"))
            sides.append(
                Handshake.start(
                    pattern, brought, ephemeral, bound, initiator=side == "app"
                )
            )
        given = [bytes.fromhex(case.given.get(f"payload{n}", "")) for n in (1, 2, 3)]
        return cls(sides[0], sides[1], tuple(given))

    def turn(self, number: int) -> tuple[Handshake, Handshake]:
        return (self.camera, self.app) if number % 2 else (self.app, self.camera)

    def play(self, until: int) -> bytes:
        """Let messages pass up to number `until`, which is written and given."""
        for number in range(until):
            writer, reader = self.turn(number)
            reader.read(writer.write(self.payloads[number]))
        return self.turn(until)[0].write(self.payloads[until])


def count(case: Case) -> int:
    return len(case.out["messages"])


EACH_MESSAGE = pytest.mark.parametrize(
    ("case", "number"),
    [
        pytest.param(case, number, id=f"{case.name}, message {number + 1}")
        for case in cases("noise")
        for number in range(count(case))
    ],
)


@each("noise")
def test_golden_handshakes(case: Case) -> None:
    table = Table.laid(case)
    for number, message in enumerate(case.out["messages"]):
        writer, reader = table.turn(number)
        payload = table.payloads[number]
        written = writer.write(payload)
        assert written.hex() == message
        assert reader.read(written) == payload
    keys = table.app.split()
    assert keys == table.camera.split()
    assert keys.hash == case.expected("h")
    assert keys.chaining == case.expected("ck")
    assert keys.from_initiator == case.expected("key_app_to_camera")
    assert keys.from_responder == case.expected("key_camera_to_app")
    if "psk" in case.out:
        for label, name in ((PSK, "psk"), (WIFI, "wifi"), (DISC, "disc")):
            assert keys.derive(label) == case.expected(name)


def ends_badly(table: Table, number: int, message: bytes) -> None:
    """The changed message is refused, or the next tag of its reader's peer is."""
    writer, reader = table.turn(number)

    def go_on() -> None:
        reader.read(message)
        writer.read(reader.write())

    with pytest.raises(HandshakeError):
        go_on()
    assert not (table.app.done and table.camera.done)


@EACH_MESSAGE
def test_every_flipped_byte_is_refused(case: Case, number: int) -> None:
    size = len(Table.laid(case).play(number))
    for at in range(size):
        table = Table.laid(case)
        message = bytearray(table.play(number))
        message[at] ^= 1 << at % 8
        ends_badly(table, number, bytes(message))


@EACH_MESSAGE
def test_every_cut_is_refused(case: Case, number: int) -> None:
    size = len(Table.laid(case).play(number))
    for cut in range(size):
        table = Table.laid(case)
        ends_badly(table, number, table.play(number)[:cut])


@EACH_MESSAGE
def test_a_message_sent_back_to_its_writer_is_refused(case: Case, number: int) -> None:
    table = Table.laid(case)
    message = table.play(number)
    writer, reader = table.turn(number)
    with pytest.raises(HandshakeError):
        writer.read(message)
    reader.read(message)
    if not reader.done:
        reader.write()
        with pytest.raises(HandshakeError):
            writer.read(message)


@EACH_MESSAGE
def test_a_message_out_of_turn_or_twice_is_refused(case: Case, number: int) -> None:
    table = Table.laid(case)
    message = table.play(number)
    writer, reader = table.turn(number)
    with pytest.raises(HandshakeError):
        writer.write()
    with pytest.raises(HandshakeError):
        reader.write()
    reader.read(message)
    with pytest.raises(HandshakeError):
        reader.read(message)


@EACH_MESSAGE
def test_after_an_error_a_side_takes_nothing_more(case: Case, number: int) -> None:
    table = Table.laid(case)
    message = table.play(number)
    _, reader = table.turn(number)
    with pytest.raises(HandshakeError):
        reader.read(message[:-1] if number or reader.pattern is SESSION else b"")
    with pytest.raises(HandshakeError):
        reader.read(message)
    with pytest.raises(HandshakeError):
        reader.write()


@each("noise")
def test_another_prologue_fails_the_first_tag(case: Case) -> None:
    for at in (0, 20, -1):
        changed = bytearray(case.raw("camera_hello") + case.raw("app_hello"))
        changed[at] ^= 1
        table, other = Table.laid(case), Table.laid(case)
        known, own = other.camera.known, other.camera.ephemeral
        pattern = other.camera.pattern
        table.camera = Handshake.start(
            pattern, known, own, bytes(changed), initiator=False
        )
        ends_badly(table, 0, table.play(0))


@pytest.mark.parametrize("echoed", ["app_ephemeral", "app_static"])
def test_our_own_keys_coming_back_are_refused(echoed: str) -> None:
    case = cases("noise")[0]
    table = Table.laid(case)
    bound = prologue(case.raw("app_hello"), case.raw("camera_hello"))
    ephemeral, static = pair(case.raw("camera_ephemeral")), table.app.known.static
    if echoed == "app_ephemeral":
        ephemeral, static = pair(case.raw(echoed)), table.camera.known.static
    table.camera = Handshake.start(
        PAIRING, Known(static), ephemeral, bound, initiator=False
    )

    def go_on() -> None:
        table.camera.read(table.app.write())
        table.app.read(table.camera.write())

    with pytest.raises(HandshakeError, match="own key"):
        go_on()


def test_a_point_off_the_curve_is_refused() -> None:
    table = Table.laid(cases("noise")[0])
    table.camera.read(b"\4" + bytes(63) + b"\5")
    for _ in range(2):
        with pytest.raises(HandshakeError):
            table.camera.write()


@pytest.mark.parametrize("psk", [b"", bytes(31)])
def test_a_session_needs_a_whole_psk_and_a_peer(psk: bytes) -> None:
    own = pair(b"\1" * 32)
    peer = pair(b"\2" * 32).point
    wrong = [(SESSION, Known(own, peer, psk)), (SESSION, Known(own, b"", bytes(32)))]
    wrong.append((PAIRING, Known(own, peer)))
    for pattern, known in wrong:
        with pytest.raises(HandshakeError):
            Handshake.start(pattern, known, own, b"", initiator=True)


def test_another_psk_is_refused_by_the_app() -> None:
    case = cases("noise")[2]
    table = Table.laid(case)
    known = table.camera.known
    bound = prologue(case.raw("app_hello"), case.raw("camera_hello"))
    table.camera = Handshake.start(
        SESSION,
        Known(known.static, known.peer, bytes(32)),
        table.camera.ephemeral,
        bound,
        initiator=False,
    )
    ends_badly(table, 1, table.play(1))


def test_keys_are_not_there_before_the_end() -> None:
    table = Table.laid(cases("noise")[0])
    with pytest.raises(HandshakeError):
        table.app.split()


def test_nothing_secret_is_printed() -> None:
    case = cases("noise")[2]
    table = Table.laid(case)
    table.camera.read(table.play(0))
    table.app.read(table.camera.write())
    keys = table.app.split()
    printed = repr(table) + repr(keys)
    secrets = (keys.from_initiator, keys.from_responder, keys.chaining)
    for secret in (*secrets, case.raw("psk")):
        assert repr(secret) not in printed
        assert secret.hex() not in printed


def test_a_fresh_pair_skips_what_is_no_scalar() -> None:
    drawn = [bytes(32), b"\xff" * 32, b"\1" * 32]

    def entropy(_: int, /) -> bytes:
        return drawn.pop(0)

    assert P256Pair.fresh(entropy).point == pair(b"\1" * 32).point
    assert not drawn
