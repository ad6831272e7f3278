"""The door of a running air, and hosts that misbehave."""

import asyncio
import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import (
    BusyError,
    MalformedError,
    NotFoundError,
    UnreachableError,
)
from lapel.sim.air.door import Door, ask
from lapel.sim.air.medium import Medium
from lapel.sim.air.running import Air, Ports
from tests.sim.air.bench import until


async def test_a_host_is_moved_and_listed() -> None:
    with Air() as air, socket.create_connection(("127.0.0.1", air.ports.hosts)) as host:
        host.sendall(b"\xfe\x04cam1")
        await until(lambda: air.hosts == ("cam1",))

        await ask(air.ports.door, {"act": "place", "name": "cam1", "x": 3, "y": -4})
        said = await ask(air.ports.door, {"act": "hosts"})

        assert said == {"hosts": [{"name": "cam1", "place": [3.0, -4.0]}], "links": 0}


async def test_what_cannot_be_done_is_said() -> None:
    with Air() as air:
        with pytest.raises(NotFoundError):
            await ask(air.ports.door, {"act": "place", "name": "x", "x": 1, "y": 1})
        with pytest.raises(MalformedError):
            await ask(air.ports.door, {"act": "loss", "percent": 100})
        with pytest.raises(MalformedError):
            await ask(air.ports.door, {"act": "dance"})
        assert await ask(air.ports.door, {"act": "cut"}) == {}
    with pytest.raises(UnreachableError):
        await ask(air.ports.door, {"act": "cut"})


@given(st.binary(max_size=60) | st.recursive(
    st.none() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(["act", "x", "percent"]), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
async def test_any_line_gets_one_line(line: bytes) -> None:
    medium = Medium(asyncio.get_running_loop(), lambda: 0.5, lambda: 0)

    said = Door(medium).answer(line)

    assert said.count(b"\n") == 1
    assert isinstance(json.loads(said), dict)
    assert 0 <= medium.loss < 1


def test_a_port_that_is_taken_is_said() -> None:
    with Air() as air, pytest.raises(BusyError), Air(ports=Ports(air.ports.hosts)):
        pass


@pytest.mark.parametrize("garbage", [b"\x00", b"\xfe\x01\xff", b"\x05" * 50])
def test_a_host_that_sends_no_packets_is_cut_off(garbage: bytes) -> None:
    with Air() as air, socket.create_connection(("127.0.0.1", air.ports.hosts)) as host:
        host.settimeout(5)
        host.sendall(garbage)

        assert host.recv(100) == b"\x04\x10\x01\x01"
        assert host.recv(100) == b""


async def test_a_name_like_that_of_the_next_host_is_not_given_twice() -> None:
    with Air() as air:
        where = ("127.0.0.1", air.ports.hosts)
        with socket.create_connection(where) as one:
            one.sendall(b"\xfe\x06host-2")
            await until(lambda: air.hosts == ("host-2",))
            with socket.create_connection(where):
                await until(lambda: len(air.hosts) == 2)
                assert air.hosts == ("host-2", "host-3")


def test_a_host_that_has_gone_gives_its_name_back() -> None:
    with Air() as air:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", air.ports.hosts)) as host:
                host.sendall(b"\xfe\x04cam1\x01\x03\x0c\x00")
                assert host.recv(100) == bytes.fromhex("040e0401030c00")
            while air.hosts:
                pass
