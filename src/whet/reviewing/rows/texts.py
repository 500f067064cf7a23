"""Texts of rows on a page: whole, inert, with the part that is meant set apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from whet.data.suspicion import Reason
from whet.reporting.markup import Child, Html, element, text
from whet.types import Message

ALL = 10**9


def whole(value: str) -> Html:
    """All of a text: what a person decides about is never cut."""
    return text(value, ALL, ALL)


def prose(value: str, reasons: Sequence[Reason] = ()) -> Html:
    """A text with the parts that reasons mean marked."""
    if not value.strip():
        return element("p", "(nothing is written)", class_="soft")
    return element("div", _marked(value, reasons), class_="prose", dir="auto")


def _marked(value: str, reasons: Sequence[Reason]) -> list[Child]:
    """Marks where a part is meant; a reason that means the whole text marks nothing."""
    parts = sorted(
        (reason.start, min(reason.end, len(value)))
        for reason in reasons
        if reason.end > reason.start and reason.end - reason.start < 0.9 * len(value)
    )
    shown: list[Child] = []
    place = 0
    for start, end in parts:
        if start < place or start >= len(value):
            continue
        shown += [whole(value[place:start]), element("mark", whole(value[start:end]))]
        place = end
    return [*shown, whole(value[place:])]


def calls(message: Message) -> Child:
    """The tool calls of a turn as they stand."""
    if not message.get("tool_calls"):
        return None
    shown = json.dumps(message["tool_calls"], ensure_ascii=False, indent=1)
    return element("pre", whole(shown), class_="calls", dir="auto")


def box(value: str, name: str, label: str) -> Html:
    """A text box with a text as it is, to be edited."""
    # A browser takes the first line break of a box away; the text itself is escaped.
    inner = Html("\n" + escape(value))
    rows = min(24, 2 + value.count("\n") + len(value) // 80)
    return element(
        "label",
        label,
        element("textarea", inner, name=name, rows=rows, dir="auto", spellcheck="true"),
    )


def as_typed(sent: str, before: str) -> str:
    """What a box sends, with the line breaks that the text had: browsers send them all as CRLF."""
    plain = sent.replace("\r\n", "\n").replace("\r", "\n")
    if plain == before.replace("\r\n", "\n").replace("\r", "\n"):
        return before
    windows = "\r\n" in before and "\n" not in before.replace("\r\n", "")
    return plain.replace("\n", "\r\n") if windows else plain
