"""A repair of texts, applied to all of a row that it is for: turns, calls, tools, columns, group.

A column that holds the very text of a turn, as the columns of a CSV file do, follows the turn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from whet.data.ledger import Edit
from whet.data.masking import PLACEHOLDER, masker, pseudonym
from whet.data.places import printable
from whet.data.repairs import Repair
from whet.data.texts import decoded, straight_quotes, trimmed
from whet.findings import Severity
from whet.types import Example, Message

MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class TextRepair:
    """`apply` mends a text; `roles` are whose turns; `hides` goes everywhere and is not shown."""

    name: Repair
    apply: Callable[[str], str]
    roles: frozenset[str]
    columns: bool = False
    hides: bool = False


_ALL = frozenset({"system", "user", "assistant", "tool"})
_PEOPLE = frozenset({"system", "user", "assistant"})

TEXT_REPAIRS = (
    TextRepair(Repair.SECRETS, masker(Severity.ERROR), _ALL, columns=True, hides=True),
    TextRepair(Repair.PERSONAL_DATA, masker(Severity.WARNING), _ALL, columns=True, hides=True),
    TextRepair(Repair.ENCODING, decoded, _PEOPLE, columns=True),
    TextRepair(Repair.QUOTES, straight_quotes, frozenset({"assistant"})),
    TextRepair(Repair.WHITESPACE, trimmed, _PEOPLE),
)
"""In the order in which they are made: what is hidden is hidden first."""


def replaced(example: Example, **changes: Any) -> Example:
    """The example with other content, and the id of that."""
    names = [field.name for field in dataclasses.fields(Example) if field.name != "id"]
    return Example.of(**({name: getattr(example, name) for name in names} | changes))


def edited(example: Example, repair: TextRepair) -> tuple[Example, list[Edit]]:
    """The row after a repair, and what it changed; the same row where that is nothing."""
    edits: list[Edit] = []

    def mend(text: str, field: str) -> str:
        made = repair.apply(text)
        if made != text:
            edits.append(_edit(repair.name.value, field, text, made, repair.hides))
        return made

    messages, rejected = (
        [_turn(message, f"{part}[{n}]", repair, mend) for n, message in enumerate(turns)]
        for part, turns in (("messages", example.messages), ("rejected", example.rejected))
    )
    tools: Sequence[Any] = example.tools
    if repair.hides:
        tools = [_within(tool, f"tools[{n}]", mend) for n, tool in enumerate(tools)]
    before = (*example.messages, *example.rejected)
    copies = {
        old["content"]: new["content"]
        for old, new in zip(before, (*messages, *rejected), strict=True)
        if old["content"] != new["content"]
    }
    group = example.group
    if repair.hides and group is not None and repair.apply(group) != group:
        copies[group] = group = pseudonym(group)
        edits.append(Edit(repair.name, "group", "", group))
    fields = {
        name: _column(value, f"fields.{name}", copies, repair, mend)
        for name, value in example.fields.items()
    }
    if not edits:
        return example, []
    made = {"messages": messages, "rejected": rejected, "tools": tools, "fields": fields}
    return replaced(example, **made, group=group), edits


def relabelled(example: Example, answer: str) -> tuple[Example, list[Edit]]:
    """The row with another spelling of its answer, in the turn and in columns that copy it."""
    old = example.answer
    last = cast(Message, {**example.messages[-1], "content": answer})
    fields = {n: answer if value == old else value for n, value in example.fields.items()}
    field = f"messages[{len(example.messages) - 1}].content"
    made = replaced(example, messages=(*example.messages[:-1], last), fields=fields)
    return made, [_edit(Repair.LABELS.value, field, old, answer, False)]


def rewritten(example: Example, texts: Mapping[int, str], name: str) -> tuple[Example, list[Edit]]:
    """The row with other contents of some turns, and of columns that hold the very same text.

    `texts` are the new contents by the number of the turn; `name` is who or what made them.
    """
    messages = [
        cast(Message, {**message, "content": texts.get(index, message["content"])})
        for index, message in enumerate(example.messages)
    ]
    pairs = [
        (index, old["content"], new["content"])
        for index, (old, new) in enumerate(zip(example.messages, messages, strict=True))
        if old["content"] != new["content"]
    ]
    copies = {old: new for _, old, new in pairs}
    fields = {
        key: copies.get(value, value) if isinstance(value, str) else value
        for key, value in example.fields.items()
    }
    edits = [_edit(name, f"messages[{i}].content", old, new, False) for i, old, new in pairs]
    return replaced(example, messages=messages, fields=fields), edits


Mend = Callable[[str, str], str]


def _turn(message: Message, field: str, repair: TextRepair, mend: Mend) -> Message:
    made: dict[str, Any] = dict(message)
    if message["role"] in repair.roles:
        made["content"] = mend(message["content"], f"{field}.content")
    if repair.hides and "reasoning_content" in message:
        made["reasoning_content"] = mend(message["reasoning_content"], f"{field}.reasoning_content")
    if repair.hides and "tool_calls" in message:
        calls = enumerate(message["tool_calls"])
        made["tool_calls"] = [_within(c, f"{field}.tool_calls[{i}]", mend) for i, c in calls]
    return cast(Message, made)


def _within(value: Any, field: str, mend: Mend) -> Any:
    """Every text in a value, mended."""
    if isinstance(value, str):
        return mend(value, field)
    if isinstance(value, list):
        return [_within(item, f"{field}[{index}]", mend) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {key: _within(item, f"{field}.{key}", mend) for key, item in value.items()}
    return value


def _column(
    value: Any, field: str, copies: Mapping[str, str], repair: TextRepair, mend: Mend
) -> Any:
    if isinstance(value, list):
        return [
            _column(text, f"{field}[{n}]", copies, repair, mend) for n, text in enumerate(value)
        ]
    if isinstance(value, Mapping):
        return {k: _column(v, f"{field}.{k}", copies, repair, mend) for k, v in value.items()}
    if not isinstance(value, str):
        return value
    if value in copies:
        return copies[value]
    return mend(value, field) if repair.columns else value


def _edit(repair: str, field: str, before: str, after: str, hides: bool) -> Edit:
    """What differs of the two texts, with the same beginning and end left out."""
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
                 min(len(before), len(after)))  # fmt: skip
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = (text[start : len(text) - end] for text in (before, after))
    if hides:
        old, new = "", " ".join(PLACEHOLDER.findall(new))
    return Edit(repair, field, printable(old, MAX_SHOWN), printable(new, MAX_SHOWN))
