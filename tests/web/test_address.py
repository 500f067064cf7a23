"""Sockets that servers listen on."""

from __future__ import annotations

import socket

from whet.web.address import listen


def test_connections_send_at_once_and_do_not_wait_for_an_acknowledgement() -> None:
    with listen("127.0.0.1", 0) as server:
        with socket.create_connection(server.getsockname()):
            taken, _ = server.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
