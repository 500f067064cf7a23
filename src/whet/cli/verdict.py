"""The command line of `whet verdict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")],
    waive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GATE=REASON", help="Waive an inconclusive gate; recorded.", show_default=False
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who waives.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verdict and report again from stored answers, without a model."""
    from whet.reporting import verdict_text
    from whet.verbs.verdict import verdict

    result = verdict(run, waive=waive or (), by=by)
    if as_json:
        output.print_json(result.report | {"run": result.run})
    else:
        output.print_text(verdict_text(result.report))
