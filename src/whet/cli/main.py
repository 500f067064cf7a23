"""The entry point: one verb, one exit status.

0 the verb did its job; 1 a check says no; 2 a user's mistake; 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from whet.cli.output import printable
from whet.errors import Interrupted, WhetError
from whet.launch import num_processes, process_number
from whet.version import __version__

MAX_LINES = 25
# Faults of the disk and of permissions, not of a program.
ENVIRONMENT_FAULTS = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO,
}  # fmt: skip

# typer may carry its own copy of click; its base of all usage errors is found, not imported.
UsageFault: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

app = typer.Typer(
    name="whet",
    help="Sharpens a language model on your examples, finds out whether it helped, and ships it if"
    " it did.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"whet {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def add_verbs() -> None:
    """Hangs every verb into the command line, in the order of the help."""
    from whet.cli import (
        chat,
        check,
        clean,
        distill,
        doctor,
        eval,
        export,
        init,
        report,
        review,
        run,
        serve,
        train,
        verdict,
        verify,
    )

    for module, panel in (
        (init, "Start"),
        (doctor, "Start"),
        (check, "Data"),
        (clean, "Data"),
        (distill, "Data"),
        (run, "Train"),
        (train, "Train"),
        (eval, "Prove"),
        (verdict, "Prove"),
        (review, "Prove"),
        (report, "Prove"),
        (chat, "Ship"),
        (export, "Ship"),
        (verify, "Ship"),
        (serve, "Ship"),
    ):
        app.command(module.__name__.rpartition(".")[2], rich_help_panel=panel)(module.command)


def _calm_threads() -> None:
    """Lets waiting OpenMP threads sleep.

    With a neighbour on the cores, spinning ones made the same eight training steps 200 times slower
    (two cores: 358 s against 1.6 s).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit status."""
    _calm_threads()
    add_verbs()
    try:
        status = app(args=arguments, standalone_mode=False)
    except (KeyboardInterrupt, Interrupted, typer.Abort) as error:
        _complain(str(error) or "interrupted")
        return 130
    except WhetError as error:
        _complain(str(error))
        return 2
    except UsageFault as error:
        error.show()
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in ENVIRONMENT_FAULTS:
            raise
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror}. What was written before is whole.")
        return 2
    return int(status or 0)


def _complain(message: str) -> None:
    """The message on stderr, its first lines only where there are very many."""
    lines = message.split("\n")
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"... and {len(lines) - MAX_LINES} more."]
    who = f"whet (rank {process_number()})" if num_processes() > 1 else "whet"
    lines[0] = f"{who}: {lines[0]}"
    sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
