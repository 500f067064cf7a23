"""The command line of `whet chat`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli.options import DEFAULT_CONFIG, Arguments, AsJson, ConfigPath, parse


def command(
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    message: Annotated[
        str | None,
        typer.Option(
            "-m", "--message", help="Answer this one message and end.", show_default=False
        ),
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A PEFT adapter beside the base model.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Base and tuned model side by side in the terminal."""
    from whet.cli.chatting import converse
    from whet.cli.progress import Terminal
    from whet.verbs.chat import chat

    parsed = parse(arguments)
    with Terminal() as progress:
        session = chat(
            parsed.run() or config, *parsed.overrides, adapter=adapter, progress=progress
        )
    converse(session, message, as_json)
