"""The command line of `whet run`."""

from __future__ import annotations

from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, AcceptChanges, Arguments, AsJson, ConfigPath, parse


def command(
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Eight rows, two steps, every part once; no verdict.")
    ] = False,
    train_anyway: Annotated[
        bool, typer.Option("--train-anyway", help="Train even where no gain can be shown.")
    ] = False,
    require: Annotated[
        str | None, typer.Option(metavar="ship", help="Exit 1 unless the verdict is to ship.")
    ] = None,
    accept_changes: AcceptChanges = False,
    as_json: AsJson = False,
) -> int:
    """The main job: check, baselines, train, evaluate, verdict, report."""
    from whet.cli.progress import Terminal
    from whet.reporting import verdict_text
    from whet.verbs.run import run

    parsed = parse(arguments)
    with Terminal() as progress:
        result = run(
            parsed.run() or config,
            *parsed.overrides,
            smoke=smoke,
            train_anyway=train_anyway,
            accept_changes=accept_changes,
            progress=progress,
        )
    if as_json:
        output.print_json(result.report | {"run": result.run})
    else:
        output.print_text(verdict_text(result.report))
        output.print_text(f"\n{result.run / 'report.html'}")
    shipped = str(result.verdict or "").startswith("ship")
    return 1 if require == "ship" and not shipped else 0
