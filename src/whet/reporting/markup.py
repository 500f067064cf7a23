"""HTML by construction: every text is escaped when it enters an element.

`Html` is the only string that passes as it is, and only `element` and `join` make it, so no
text of a model or of the data can become a tag, an attribute or a style.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from whet.reporting.inert import cut, line, pieces

TEXT = 4000
LINES = 60
VOID = frozenset({"meta", "link", "br", "hr", "col", "input"})


class Html(str):
    """A string that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"


def text(value: str, characters: int = TEXT, lines: int = LINES) -> Html:
    """A text as HTML; what could not be shown is set apart as an escape."""
    shown = pieces(cut(value, characters, lines))
    return Html(
        "".join(
            f'<span class="escape">{escape(piece.text)}</span>'
            if piece.escaped
            else escape(piece.text)
            for piece in shown
        )
    )


def join(*children: Child) -> Html:
    """Children in order; None leaves nothing."""
    return Html("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str):
            yield text(child)
        elif child is not None:
            yield from _flat(child)


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """One element.

    Args:
        tag: its name.
        children: HTML, text, None, or lists of them.
        attributes: names with `_` for `-` and without a last `_`; True stands alone, None and
            False leave the attribute out.
    """
    opened = f"<{tag}{''.join(_attributes(attributes))}>"
    return Html(opened) if tag in VOID else Html(f"{opened}{join(*children)}</{tag}>")


def _attributes(attributes: dict[str, Attribute]) -> Iterable[str]:
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        if value is True:
            yield f" {key}"
        else:
            shown = line(value, 300) if isinstance(value, str) else f"{value:g}"
            yield f' {key}="{escape(shown, quote=True)}"'
