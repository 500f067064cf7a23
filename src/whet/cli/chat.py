"""The command line of `whet chat`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from whet.cli.options import DEFAULT_CONFIG, Arguments, AsJson, ConfigPath, parse
from whet.errors import ConfigError


def command(
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    message: Annotated[
        str | None,
        typer.Option(
            "-m", "--message", help="Answer this one message and end.", show_default=False
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Answer every row of this file and end."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to: JSONL, never overwritten.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an --output that was stopped.")
    ] = False,
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A PEFT adapter beside the base model.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Base and tuned model side by side in the terminal.

    The target may also be an exported artifact or a GGUF file.
    """
    from whet.cli.chatting import converse, tell_file
    from whet.cli.progress import Terminal
    from whet.verbs.chat import chat
    from whet.verbs.chat_file import require_new

    if (source is None) != (output is None):
        raise ConfigError("--input and --output are given together.")
    if message is not None and source is not None:
        raise ConfigError("-m asks one message and --input a file of them; give one of the two.")
    if output is not None:
        require_new(output, resume)  # before a model is loaded
    parsed = parse(arguments)
    with Terminal() as progress:
        session = chat(
            parsed.run() or config, *parsed.overrides, adapter=adapter, progress=progress
        )
        if source is not None and output is not None:
            with closing(session):
                done = session.answer_file(source, output, resume=resume, progress=progress)
            tell_file(done, as_json)
            return
    with closing(session):
        converse(session, message, as_json)
