"""The command line of `whet train`."""

from __future__ import annotations

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, AcceptChanges, Arguments, AsJson, ConfigPath, parse
from whet.launch import process_number


def command(
    arguments: Arguments = None,
    config: ConfigPath = DEFAULT_CONFIG,
    accept_changes: AcceptChanges = False,
    as_json: AsJson = False,
) -> None:
    """One training run; needs no test set. Several processes: torchrun -m whet train."""
    from whet.cli.progress import Terminal
    from whet.verbs.train import train

    parsed = parse(arguments)
    with Terminal() as progress:
        result = train(
            parsed.run() or config,
            *parsed.overrides,
            accept_changes=accept_changes,
            progress=progress,
        )
    if process_number() > 0:
        return  # the first rank shows the result
    if as_json:
        output.print_json(result)
    else:
        output.print_text(result.text())
