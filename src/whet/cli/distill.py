"""The command line of `whet distill`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whet.cli import output
from whet.cli.options import AsJson
from whet.errors import ConfigError


def command(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Inputs: rows, or a prompt a line.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The data set's folder.")],
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The teacher: local, or the endpoint's.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible API.")
    ] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The variable that holds its key.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The teacher's system message.")
    ] = None,
    samples: Annotated[
        int, typer.Option(metavar="N", help="Answers to each input (1).", show_default=False)
    ] = 1,
    temperature: Annotated[
        float | None, typer.Option(metavar="T", help="0; with several samples 0.7.")
    ] = None,
    max_new_tokens: Annotated[
        int, typer.Option(metavar="N", help="Longest answer (512).", show_default=False)
    ] = 512,
    concurrency: Annotated[
        int, typer.Option(metavar="N", help="Requests at a time (8).", show_default=False)
    ] = 8,
    timeout_s: Annotated[
        float, typer.Option(metavar="S", help="For one request (120).", show_default=False)
    ] = 120.0,
    price: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="Of a million tokens.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="MONEY", help="Stop before more is spent.")
    ] = None,
    regex: Annotated[
        str | None, typer.Option(metavar="RE", help="Keep answers that match as a whole.")
    ] = None,
    json_keys: Annotated[
        str | None, typer.Option(metavar="A,B", help="Keep JSON objects with these keys.")
    ] = None,
    keep_if: Annotated[
        str | None, typer.Option(metavar="NAME=MIN", help="A metric, by the known answer.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep by its gates.format.")
    ] = None,
    from_logs: Annotated[bool, typer.Option("--from-logs", help="FILE is served traffic.")] = False,
    consent: Annotated[
        str | None, typer.Option(metavar="FIELD", help="True where agreed; or everyone.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A teacher's answers, or served traffic, become a data set."""
    from whet.cli.progress import Terminal
    from whet.distilling import Asking, Keeping, Spending
    from whet.verbs.distill import distill

    if from_logs:
        asked = (model, endpoint, prompt, price, budget, regex, json_keys, keep_if, config)
        if any(value is not None for value in asked):
            raise ConfigError("--from-logs asks no teacher: it goes with --consent and --out only.")
        result = distill(files, out, consent=consent)
    else:
        if model is None or consent is not None:
            raise ConfigError("name the teacher with --model; --consent goes with --from-logs.")
        asking = Asking(
            model, endpoint, api_key_env, prompt, samples, temperature, max_new_tokens,
            concurrency, timeout_s,
        )  # fmt: skip
        keys = json_keys.split(",") if json_keys is not None else None
        with Terminal() as progress:
            result = distill(
                files,
                out,
                asking,
                spending=Spending(*_prices(price), budget),
                keeping=Keeping(regex, keys, keep_if, config),
                progress=progress,
            )
    if as_json:
        output.print_json(result)
    else:
        output.print_text(result.text())


def _prices(text: str | None) -> tuple[float | None, float | None]:
    if text is None:
        return None, None
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"--price {text}: expected two numbers, e.g. 2.50,10 for a million tokens in and out."
        ) from None
    return first, second
