"""The command line of `whet clean`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, parse


def command(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]... [key=value]...",
            help="Data files to clean without a project, and keys of whet.yaml to override:"
            " data.split.test=0.2.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The folder to write: data/clean of the project, or NAME-clean for loose files.",
            show_default=False,
        ),
    ] = None,
    repair: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            help="What to repair: broken, secrets, personal_data, encoding, quotes, whitespace,"
            " labels, refusals, duplicates, near_duplicates, leaks_train or leaks_test. Nothing"
            " else is repaired; what could be, is said.",
            show_default=False,
        ),
    ] = "",
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Count tokens, and apply data.on_too_long.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    model: Annotated[
        str | None, typer.Option(help="The model whose tokens and length limit count.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Writes the cleaned, split, versioned data set, with every row accounted for."""
    from whet.cli.progress import Terminal
    from whet.verbs.clean import clean

    parsed = parse(arguments)
    with Terminal() as progress:
        written = clean(
            [Path(name) for name in parsed.targets],
            out=out,
            repair=[name.strip() for name in repair.split(",") if name.strip()],
            tokens=tokens,
            config=config,
            overrides=parsed.overrides,
            model=model,
            progress=progress,
        )
    if as_json:
        output.print_json(written)
    else:
        output.print_text(written.text())
    return 0
