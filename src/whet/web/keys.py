"""The variables that hold keys of our servers' clients, which no child process is to see."""

from __future__ import annotations

import os

SERVE_KEY = "WHET_API_KEY"
REVIEW_KEY = "WHET_REVIEW_KEY"


def environment_without_keys() -> dict[str, str]:
    """This process's environment, as an engine that it starts gets it."""
    return {k: v for k, v in os.environ.items() if k not in (SERVE_KEY, REVIEW_KEY)}
