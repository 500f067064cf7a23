"""What the page is put together from: sections, tables, figures, folded texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whet.reporting.markup import Child, Html, element, join, text
from whet.reporting.page.charts import sign
from whet.reporting.words import Tone

MAX_ROWS = 100
LONGEST_FIGURE = 24


def section(name: str, title: str, *children: Child) -> Html:
    """A part of the page under a heading that stands beside it where there is room."""
    head = element("h2", title, id=f"{name}-title")
    body = element("div", *children, class_="body")
    return element("section", head, body, id=name, aria_labelledby=f"{name}-title")


def figure(said: str) -> Html:
    """A number with its unit, which does not break if it is short, with typographic minus signs."""
    kind = "figure" if len(said) <= LONGEST_FIGURE else "figure long"
    return element("span", said.replace("-", "\u2212"), class_=kind)


def note(*children: Child) -> Html:
    """A quiet sentence: how to read what stands above, or that there is nothing to show."""
    return element("p", *children, class_="note")


def paragraph(*children: Child) -> Html:
    """A sentence that matters."""
    return element("p", *children)


def code(said: str) -> Html:
    """A name, path or short command."""
    return element("code", said)


def mark(word: str, tone: Tone) -> Html:
    """A word with its sign and colour."""
    return element("span", sign(tone), element("span", word), class_=f"mark {tone}")


def bullets(texts: Iterable[Child]) -> Html:
    """A list; what is beyond its bound is counted."""
    kept, rest = bounded(list(texts))
    return join(element("ul", [element("li", item) for item in kept]), rest)


def bounded(rows: Sequence[Child], most: int = MAX_ROWS) -> tuple[Sequence[Child], Html | None]:
    """The first rows, and a sentence that counts the others."""
    rest = len(rows) - most
    said = note(f"And {rest:,} more, which report.json holds.") if rest > 0 else None
    return rows[:most], said


def row(*cells: Child, head: bool = True, class_: str = "") -> Html:
    """A table row; its first cell names it."""
    first = element("th", cells[0], scope="row") if head else element("td", cells[0])
    return element("tr", first, [element("td", cell) for cell in cells[1:]], class_=class_ or None)


def table(heads: Sequence[str], rows: Sequence[Child], kind: str = "", foot: Child = None) -> Html:
    """A table; what is beyond its bound is counted."""
    kept, rest = bounded(rows)
    named = [element("th", name, scope="col") if name else element("td") for name in heads]
    head = element("tr", named)
    made = element(
        "table",
        element("thead", head),
        element("tbody", kept),
        element("tfoot", foot) if foot is not None else None,
        class_=kind or None,
    )
    return join(made, rest)


def wide(name: str, made: Html) -> Html:
    """A table that may be wider than the page: it scrolls by itself, by keyboard too."""
    return element("div", made, class_="wide", role="region", aria_label=name, tabindex=0)


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Names and values, one under the other."""
    return element(
        "dl",
        [element("div", element("dt", name), element("dd", value)) for name, value in pairs],
    )


def folded(summary: Child, *children: Child) -> Html:
    """Something long that opens at a click."""
    return element("details", element("summary", summary), *children)


def block(said: str, characters: int = 20_000, lines: int = 400) -> Html:
    """A text in its own lines, as it was read or written."""
    return element("pre", text(said, characters, lines), dir="auto")


def quote(said: str, characters: int = 1500, lines: int = 30) -> Html:
    """A question or an answer of the data or a model."""
    if not said:
        return element("div", "(empty)", class_="quote empty")
    return element("div", text(said, characters, lines), class_="quote", dir="auto")
