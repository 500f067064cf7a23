"""Plain-text tables that fit a terminal, drawn by rich without colour, markup or cut cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from whet.reporting.inert import line

WIDTH = 80
CELL = 400

# Minus signs under the heading and nothing else: it prints in every encoding.
RULED = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


def grid(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[int] = (),
    whole: Sequence[int] = (0,),
) -> str:
    """A table at most 80 columns wide.

    Args:
        heads: one heading a column.
        rows: cells; a long one is folded, never cut without a count.
        right: columns of figures, which stand to the right.
        whole: columns that are not folded while there is room.
    """
    table = Table(box=RULED, show_edge=False, pad_edge=False, padding=(0, 1))
    for index, head in enumerate(heads):
        table.add_column(
            Text(line(head)),
            justify="right" if index in right else "left",
            overflow="fold",
            no_wrap=index in right,
            min_width=min(14, len(head)) if index in whole else None,
        )
    for row in rows:
        table.add_row(*(Text(line(cell, CELL), overflow="fold") for cell in row))
    return _draw(table)


def _console(width: int) -> Console:
    return Console(
        file=StringIO(),
        width=width,
        color_system=None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        force_terminal=False,
    )


def _draw(table: Table) -> str:
    console = _console(WIDTH - 2)
    with console.capture() as captured:
        console.print(table)
    return indent(captured.get())


def indent(text: str) -> str:
    """Two spaces before each line, none after it."""
    return "\n".join(f"  {row}".rstrip() for row in text.rstrip("\n").split("\n"))


def paragraph(text: str, first: str = "") -> str:
    """One text from data or a model on lines of 80 columns; wide letters count as two."""
    width = WIDTH - len(first)
    rows = Text(line(text, 1000)).wrap(_console(width), width, overflow="fold")
    return "\n".join(
        f"{' ' * len(first) if index else first}{row.plain}".rstrip()
        for index, row in enumerate(rows)
    )


def bullets(texts: Iterable[str]) -> str:
    """One dash a text."""
    return "\n".join(paragraph(text, "  - ") for text in texts)
