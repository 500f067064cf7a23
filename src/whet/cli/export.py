"""The command line of `whet export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, Arguments, AsJson, ConfigPath, parse


def command(
    to: Annotated[
        str,
        typer.Option(metavar="KIND,...", help="What to make; `whet export --to list` names them."),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new folder.", show_default=False)
    ] = None,
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A PEFT adapter from anywhere.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="M", help="The adapter's base, or a model by itself.")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Of merged weights; as stored by default.")
    ] = None,
    quantize: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help="Of GGUF: F32 (default), F16, BF16, Q8_0, Q4_0, ..."),
    ] = None,
    llama_cpp: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A checkout of llama.cpp, for K-quants.")
    ] = None,
    repo: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="For the hub and LM Studio.")
    ] = None,
    push: Annotated[bool, typer.Option("--push", help="Upload what `hub` wrote.")] = False,
    combine: Annotated[
        str | None,
        typer.Option(metavar="A:W,B:W", help="Adapters of one base made one, by weight."),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="M", help="Of --combine: linear, ties, dare_linear, dare_ties.")
    ] = "linear",
    density: Annotated[
        float | None, typer.Option(metavar="P", help="Share of weights that ties and dare keep.")
    ] = None,
    prompts: Annotated[int, typer.Option(metavar="N", help="Items that the proof asks.")] = 100,
    as_json: AsJson = False,
) -> int:
    """The tuned model in the forms that others load, each proven equal to what was judged."""
    from whet.artifacts.kinds import KINDS
    from whet.cli.progress import Terminal
    from whet.errors import ConfigError
    from whet.verbs.export import export

    if to == "list":
        output.print_text("\n".join(f"{kind.name:14}{kind.says}" for kind in KINDS.values()))
        return 0
    if out is None:
        raise ConfigError("--out DIR: say where; it is a folder that is not there yet.")
    parsed = parse(arguments)
    with Terminal() as progress:
        result = export(
            parsed.run() or config,
            *parsed.overrides,
            to=to,
            out=out,
            adapter=adapter,
            model=model,
            dtype=dtype,
            quantize=quantize,
            llama_cpp=llama_cpp,
            repo=repo,
            push=push,
            num_prompts=prompts,
            combine=combine,
            method=method,
            density=density,
            progress=progress,
        )
    if as_json:
        output.print_json(result.to_json())
    else:
        output.print_text(result.text())
    return 0 if result.passed else 1
