"""The command line of `whet init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    example: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A bundled example."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your examples: columns are guessed.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="whet-nano (bundled), a hub id, or a local folder.")
    ] = "whet-nano",
    as_json: AsJson = False,
) -> None:
    """A project that runs as it stands."""
    from whet.verbs.init import init

    made = init(folder, example=example, data=data, model=model)
    if as_json:
        output.print_json(made)
    else:
        output.print_text(made.text())
