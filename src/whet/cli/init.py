"""The command line of `whet init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson
from whet.errors import ConfigError


def pair_of(text: str) -> tuple[str, str]:
    """`key=column` in its parts.

    Raises:
        ConfigError: it is something else.
    """
    key, _, column = (part.strip() for part in text.partition("="))
    if not key or not column:
        raise ConfigError(f"--columns: {text!r}; expected KEY=COLUMN, as input=question.")
    return key, column


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    example: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A bundled example."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your examples: columns are guessed.")
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A configuration of Axolotl, LLaMA-Factory, TRL or Unsloth.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="whet-nano (bundled, the default), a hub id, or a local folder.",
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="KEY=COLUMN,...", help="Of --data: input=question,output=reply."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A project that runs as it stands."""
    from whet.verbs.init import init

    places = None if columns is None else dict(pair_of(part) for part in columns.split(","))
    made = init(
        folder, example=example, data=data, from_file=from_file, model=model, columns=places
    )
    if as_json:
        output.print_json(made)
    else:
        output.print_text(made.text())
