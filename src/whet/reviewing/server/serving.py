"""An application on a port, until it is interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.errors import MissingExtraError

if TYPE_CHECKING:
    import socket

    from whet.reviewing.server.guard import Guard
    from whet.reviewing.server.limits import Limits


def require_server() -> None:
    """Refuses to go on where the server's packages are missing.

    Raises:
        MissingExtraError: with the command that installs them.
    """
    from importlib.util import find_spec

    for package in ("fastapi", "uvicorn"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "review", "A review page")


def serve(app: Guard, sock: socket.socket, limits: Limits) -> None:
    """Answers until SIGINT or SIGTERM; requests under way are finished first.

    No access log is written: its lines would hold the tokens of links.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        limit_concurrency=limits.max_connections,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[sock])
