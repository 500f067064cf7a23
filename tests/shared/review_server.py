"""A review served by a process of its own, as `whet review` does; for tests that kill it."""

from __future__ import annotations

from pathlib import Path

from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import ReviewFolder


def serve(folder: str, port: int) -> None:
    """What `whet review` runs, in a process of its own."""
    from whet.reviewing.comparing.desk import Desk
    from whet.reviewing.comparing.routes import comparison_pages
    from whet.reviewing.server.app import create_app
    from whet.reviewing.server.limits import Limits
    from whet.reviewing.server.serving import serve
    from whet.reviewing.server.settings import Settings
    from whet.reviewing.store import open_history
    from whet.web.address import listen

    found = ReviewFolder(Path(folder))
    frozen, secret = found.frozen(), found.secret()
    desk = Desk(frozen, Draws(secret.seed, frozen), open_history(found.path, frozen.digest))
    limits = Limits(requests_per_second=1e6, request_burst=10**6)
    settings = Settings(secret.sessions, "/start", limits=limits)
    app = create_app(comparison_pages(desk), desk, settings)
    serve(app, listen("127.0.0.1", port), limits)
