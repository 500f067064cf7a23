"""Addresses to listen on."""

from __future__ import annotations

import errno
import ipaddress
import socket

from whet.errors import ConfigError

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Host names of requests that a browser on this machine may use."""
BACKLOG = 512


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket on the address; port 0 takes a free one.

    Its connections send at once (TCP_NODELAY). asyncio sets that only where a socket names its
    protocol, which `create_server` leaves open; each answer on a kept connection then waited 40 ms
    for the client's delayed acknowledgement.

    Raises:
        ConfigError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.create_server((host.strip("[]"), port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise ConfigError(
                f"{host}:{port} is in use by another program. Name another port; --port 0 takes"
                " any free one."
            ) from None
        raise ConfigError(f"{host}:{port}: {error}. Name another address.") from None
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def free_port() -> int:
    """A port that is free on the loopback address at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
