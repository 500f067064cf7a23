"""The command line of `whet check`."""

from __future__ import annotations

from dataclasses import replace
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
            help="Data files to check without a project, and keys of whet.yaml to override.",
            show_default=False,
        ),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    model: Annotated[
        str | None, typer.Option(help="The model whose template and length limit are used.")
    ] = None,
    show_mask: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show what N rows train on, token by token.")
    ] = 0,
    mask_html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the rows of --show-mask (or 20) as a web page."),
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="What changed between two files, folders or runs."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Compare rows by their words only, not by meaning.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Every fault in the data, by file, line and field."""
    from whet.cli.progress import Terminal
    from whet.verbs.check import check

    if diff is not None:
        from whet.verbs.diff import diff_data

        changes = diff_data(*diff, config=config)
        output.print_json(changes) if as_json else output.print_text(changes.text())
        return 0
    parsed = parse(arguments)
    with Terminal() as progress:
        found = check(
            [Path(name) for name in parsed.targets],
            config=config,
            overrides=parsed.overrides,
            model=model,
            show_mask=show_mask,
            mask_html=mask_html,
            by_meaning=not fast,
            progress=progress,
        )
    if as_json:
        output.print_json(found)
    else:
        _print_masks(found.masks)
        output.print_text(replace(found, masks=[]).text())
    return 0 if found.passed else 1


def _print_masks(masks: list[str]) -> None:
    """The rows token by token, in colours on a terminal that has them."""
    if not masks:
        return
    from whet.rows.mask_view import coloured

    for mask in masks:
        output.print_text(mask + "\n", coloured if output.has_colours() else str)
