"""The command line of `whet train`."""

from __future__ import annotations

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, Arguments, AsJson, ConfigPath, parse


def command(
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """One training run; needs no test set."""
    from whet.cli.progress import Terminal
    from whet.verbs.train import train

    parsed = parse(arguments)
    with Terminal() as progress:
        result = train(parsed.run() or config, *parsed.overrides, progress=progress)
    if as_json:
        output.print_json(result)
    else:
        output.print_text(result.text())
