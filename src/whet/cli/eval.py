"""The command line of `whet eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, Arguments, AsJson, ConfigPath, parse


def command(
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    split: Annotated[
        str, typer.Option(metavar="validation|test", help="test is a look, and gives a verdict.")
    ] = "validation",
    arms: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these arms.", show_default=False)
    ] = None,
    adapter: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A PEFT adapter from anywhere, judged as `tuned`."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ready answers, judged as `tuned`."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The arms and gates on validation items, or on the test set."""
    from whet.cli.progress import Terminal
    from whet.reporting import verdict_text
    from whet.verbs.eval import eval

    parsed = parse(arguments)
    with Terminal() as progress:
        result = eval(
            parsed.run() or config,
            *parsed.overrides,
            split=split,
            arms=tuple(arms.split(",")) if arms else None,
            adapter=adapter,
            predictions=predictions,
            progress=progress,
        )
    if as_json:
        output.print_json(result.report | {"run": result.run})
    else:
        output.print_text(verdict_text(result.report))
        output.print_text(f"\n{result.run / 'report.html'}")
