"""Arguments and options that several verbs share, with one meaning and one help text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from whet.errors import ConfigError

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET] [key=value]...",
        help="A run folder, and keys of whet.yaml to override: train.learning_rate=1e-4.",
        show_default=False,
    ),
]
ConfigPath = Annotated[Path, typer.Option("--config", help="The project's file.", metavar="FILE")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else.")
]
AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes",
        help="Go on with a stopped run although versions or the number of processes changed.",
    ),
]

DEFAULT_CONFIG = Path("whet.yaml")


@dataclass(frozen=True, slots=True)
class Parsed:
    """Positional arguments sorted into targets and overrides."""

    targets: tuple[str, ...]
    overrides: tuple[str, ...]

    def run(self) -> Path | None:
        """The one run folder that may be named."""
        if len(self.targets) > 1:
            raise ConfigError(f"expected one run folder, found {', '.join(self.targets)}.")
        return Path(self.targets[0]) if self.targets else None


def parse(arguments: Sequence[str] | None) -> Parsed:
    """Sorts `key=value` from targets; a path that holds `=` is a target when it exists."""
    from whet.configfile import is_override

    targets: list[str] = []
    overrides: list[str] = []
    for argument in arguments or ():
        is_key = is_override(argument) and not Path(argument).exists()
        (overrides if is_key else targets).append(argument)
    return Parsed(tuple(targets), tuple(overrides))
