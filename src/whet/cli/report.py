"""The command line of `whet report`."""

from __future__ import annotations

from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson


def command(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN | list | compare A B]",
            help="A run folder (the newest by default), `list`, or two runs to compare.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a run, list all runs, or compare two."""
    from whet.verbs.report import report

    shown = report(*(what or ()))
    if as_json:
        output.print_json(shown.values)
    else:
        output.print_text(shown.text)
