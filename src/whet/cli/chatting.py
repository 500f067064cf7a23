"""The conversation in the terminal: a line in, each model's answer out."""

from __future__ import annotations

import sys

from whet.cli import output
from whet.verbs.chat import Chat

HELP = "/reset forgets what was said, /exit or Ctrl-D ends."


def converse(session: Chat, message: str | None, as_json: bool) -> None:
    """One message, or a conversation from standard input."""
    if message is not None:
        _show(session.say(message), as_json)
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
            _show(session.say(line.strip()), as_json)


def _show(answers: dict[str, str], as_json: bool) -> None:
    if as_json:
        output.print_json({"answers": answers})
        return
    width = max(map(len, answers))
    for name, text in answers.items():
        indented = text.replace("\n", "\n" + " " * (width + 2))
        output.print_text(f"{name:<{width}}  {indented}")
