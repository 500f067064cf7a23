"""The command line of `whet verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson


def command(
    artifact: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="An artifact's folder, or a file of it.")
    ],
    parity: Annotated[
        bool, typer.Option("--parity", help="Ask artifact and judged model again.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="RUN|MODEL", help="What it was made of, where that has moved."),
    ] = None,
    prompts: Annotated[int, typer.Option(metavar="N", help="Asked in the proof.")] = 100,
    as_json: AsJson = False,
) -> int:
    """Digests, contents, template, proof and base of an artifact; exit 1 when one says no."""
    from whet.cli.progress import Terminal
    from whet.verbs.verify import verify

    with Terminal() as progress:
        found = verify(
            artifact, parity=parity, against=against, num_prompts=prompts, progress=progress
        )
    if as_json:
        output.print_json(found.to_json())
    else:
        output.print_text(found.text())
    return 0 if found.passed else 1
