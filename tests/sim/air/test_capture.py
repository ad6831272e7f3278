"""The capture, read back as Wireshark reads it."""

import io
import struct

from lapel.sim.air.capture import Capture, rf_channel
from lapel.sim.air.pdus import crc24
from tests.sim.air.bench import Bench, joined, until


def records(raw: bytes) -> list[bytes]:
    """Cut a pcap into its records; it must end with one."""
    magic, major, minor, _, _, longest, kind = struct.unpack_from("<IHHiIII", raw)
    assert (magic, major, minor, longest, kind) == (0xA1B23C4D, 2, 4, 65_535, 256)
    found: list[bytes] = []
    at = 24
    while at < len(raw):
        _, nanoseconds, size, whole = struct.unpack_from("<IIII", raw, at)
        assert size == whole
        assert nanoseconds < 1_000_000_000
        found.append(raw[at + 16 : at + 16 + size])
        at += 16 + size
    assert at == len(raw)
    return found


async def test_all_that_is_on_the_air_is_in_the_capture_with_right_checksums() -> None:
    bench, file = Bench(), io.BytesIO()
    bench.medium.sniffers.append(Capture(file))
    camera, phone = await joined(bench)
    phone.write(phone.handle, b"up")
    await until(lambda: camera.arrived)

    advert, connect, data = records(file.getvalue())

    assert advert[14:-3] == b"\x40\x09" + camera.random + b"\2\1\6"
    assert connect[14] & 0xF == 5
    access, crc = connect[28:32], int.from_bytes(connect[32:35], "little")
    assert data[10:14] == access
    assert data[14:-3] == b"\2\2up"
    for record, start in ((advert, 0x555555), (connect, 0x555555), (data, crc)):
        assert record[-3:] == crc24(record[14:-3], start)
        assert record[4:8] == record[10:14]
    assert [one[0] for one in (advert, connect)] == [0, 0]


def test_channels_are_told_by_their_place_in_the_band() -> None:
    assert [rf_channel(n) for n in (37, 0, 10, 38, 11, 36, 39)] == [
        0, 1, 11, 12, 13, 38, 39,
    ]  # fmt: skip
    assert len({rf_channel(n) for n in range(40)}) == 40
