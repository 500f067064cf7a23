"""The command line of `whet serve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="An artifact, a run, a GGUF, a model or adapter folder, or a model's name.",
            show_default=False,
        ),
    ],
    engine: Annotated[
        str, typer.Option(metavar="auto|llama.cpp|transformers|vllm", help="What runs the model.")
    ] = "auto",
    host: Annotated[str, typer.Option(help="Address; all but loopback needs a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            metavar="FILE",
            help="Keys of clients, one a line; else the one in WHET_API_KEY.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What clients call the model.", show_default=False)
    ] = None,
    context: Annotated[
        int | None,
        typer.Option(metavar="N", min=16, help="Tokens of context an answer.", show_default=False),
    ] = None,
    slots: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=1024,
            help="Answers at a time: 4 in llama.cpp, 64 in vllm.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve one model to OpenAI clients, on an engine that exists."""
    from whet.cli.progress import Terminal
    from whet.verbs.serve import serve

    session = serve(
        target, engine=engine, host=host, port=port, api_key_file=api_key_file, name=name,
        context=context, slots=slots,
        progress=Terminal(),  # words only: nothing here polls its flag, so Ctrl-C stays Ctrl-C
    )  # fmt: skip
    if as_json:
        names = ("url", "model", "engine", "fingerprint", "context", "needs_key", "system")
        output.print_json({key: getattr(session, key) for key in names})
    else:
        lines = [f"{session.model} ({session.fingerprint}) in {session.engine}"]
        if session.system:
            lines.append("It was judged with this system prompt, which clients send themselves:")
            lines += [f"  {line}" for line in session.system.splitlines()]
        key = " with a key" if session.needs_key else ""
        lines.append(f"Serving {session.url}{key}. Ctrl-C ends it.")
        output.print_text("\n".join(lines))
    sys.stdout.flush()
    session.serve()
