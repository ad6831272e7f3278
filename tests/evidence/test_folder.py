"""Folders of Evidence may lie as deep as they like."""

import socket
from pathlib import Path

from lapel.evidence.store.folder import near


def test_a_socket_may_lie_deeper_than_its_address_is_long(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 40)
    deep.mkdir()
    path = deep / "socket"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        with near(path) as address:
            server.bind(address)
            server.listen()
        with near(path) as address:
            client.connect(address)
    assert path.is_socket()
