"""The conversation in the terminal: a line in, each model's answer out while it is written."""

from __future__ import annotations

import signal
import sys

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from whet.cli import output
from whet.verbs.chat import Chat
from whet.verbs.chat_file import AnsweredFile

HELP = "/reset forgets what was said, /exit or Ctrl-D ends, Ctrl-C stops an answer."
FRAMES_PER_S = 12


def converse(session: Chat, message: str | None, as_json: bool) -> None:
    """One message, or a conversation from standard input."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if message is not None:
        _ask(session, message, as_json)
        return
    prompt = sys.stdin.isatty() and not as_json
    if prompt:
        output.print_text(f"{' and '.join(session.completers)}. {HELP}")
    while True:
        if prompt:
            sys.stdout.write("> ")
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line or line.strip() == "/exit":
            return
        if line.strip() == "/reset":
            session.reset()
        elif line.strip():
            _ask_again(session, line.strip(), as_json, prompt)


def _ask_again(session: Chat, text: str, as_json: bool, prompt: bool) -> None:
    """One message of a conversation that a person holds; Ctrl-C stops its answers alone."""
    try:
        _ask(session, text, as_json)
    except KeyboardInterrupt:
        if not prompt:
            raise
        output.print_text("stopped; the message is forgotten.")


def tell_file(done: AnsweredFile, as_json: bool) -> None:
    """What became of an input file."""
    if as_json:
        output.print_json(done)
        return
    before = f", {done.rows - done.asked} of them before" if done.asked < done.rows else ""
    output.print_text(f"{done.output}: {done.rows} rows by {' and '.join(done.models)}{before}.")


def _ask(session: Chat, text: str, as_json: bool) -> None:
    if as_json:
        output.print_json({"answers": session.say(text)})
    elif sys.stdout.isatty():
        _show_columns(session, text)
    else:
        _show_lines(session, text)


def _show_columns(session: Chat, text: str) -> None:
    """The models side by side, each column growing while its model writes."""
    texts = dict.fromkeys(session.completers, "")
    console = Console(highlight=False)
    with Live(console=console, refresh_per_second=FRAMES_PER_S, transient=True) as live:

        def tell(name: str, piece: str) -> None:
            texts[name] += piece
            live.update(_columns(texts))

        answers = session.say(text, tell)
    console.print(_columns(answers))


def _columns(texts: dict[str, str]) -> Table:
    table = Table(show_edge=False, expand=True, header_style="bold")
    for name in texts:
        table.add_column(name, ratio=1, overflow="fold")
    table.add_row(*(Text(output.printable(text)) for text in texts.values()))
    return table


def _show_lines(session: Chat, text: str) -> None:
    """One model below the other, each piece as it is written."""
    width = max(map(len, session.completers))
    indent = "\n" + " " * (width + 2)
    begun: list[str] = []

    def tell(name: str, piece: str) -> None:
        if name not in begun:
            sys.stdout.write("\n" * bool(begun) + f"{name:<{width}}  ")
            begun.append(name)
        sys.stdout.write(output.encodable(output.printable(piece).replace("\n", indent)))
        sys.stdout.flush()

    for name in session.say(text, tell):
        if name not in begun:  # an empty answer is one too
            tell(name, "")
    sys.stdout.write("\n")
