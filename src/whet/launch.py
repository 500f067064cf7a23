"""How this process was started: alone, or by torchrun as one of several that train together."""

from __future__ import annotations

import os

from whet.errors import ConfigError

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def num_processes() -> int:
    """How many processes the job has; 1 without torchrun."""
    started = all(name in os.environ for name in VARIABLES)
    return int(os.environ["WORLD_SIZE"]) if started else 1


def process_number() -> int:
    """Which of them this is, counted from 0."""
    return int(os.environ["RANK"]) if num_processes() > 1 else 0


def refuse_several(verb: str) -> None:
    """Checks that a verb that works alone was started alone.

    Raises:
        ConfigError: torchrun started it several times.
    """
    if num_processes() > 1:
        raise ConfigError(
            f"whet {verb} works in one process, and torchrun started {num_processes()}. Train with "
            "several: torchrun --nproc-per-node N -m whet train. Then judge what was trained in "
            "one: whet eval RUN --split test."
        )
