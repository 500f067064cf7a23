"""What an item compares answers with: its gold answer, further references, and its criteria."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from whet.types import Example, content_id

REFERENCES = "references"
CRITERIA = "criteria"


def references_of(example: Example) -> tuple[str, ...]:
    """The gold answer, then the texts of the column `references`; each once, none empty."""
    found = (example.answer, *texts_of(example.fields.get(REFERENCES)))
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def criteria_of(example: Example) -> tuple[str, ...]:
    """The column `criteria`: what a judge and reviewers look for; empty where there is none."""
    return texts_of(example.fields.get(CRITERIA))


def texts_of(value: Any) -> tuple[str, ...]:
    """The texts of a cell: a list of them, a JSON list in text (as CSV has it), or one text."""
    if isinstance(value, list):
        return tuple(str(text) for text in value)
    if not isinstance(value, str) or not value.strip():
        return ()
    if value.lstrip().startswith("["):
        try:
            parsed = json.loads(value)
        except ValueError:
            return (value,)
        if isinstance(parsed, list) and all(isinstance(text, str) for text in parsed):
            return tuple(parsed)
    return (value,)


def prompt_key(example: Example) -> str:
    """Equal for items that ask the same, turns, system message and tools alike."""
    return content_id({"messages": list(example.prompt), "tools": list(example.tools)})


def merged(items: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Items of one prompt as one item with all their answers, and the items that went into others.

    The first item of a prompt stays, with its id, source and columns; the answers of the others
    become its references, in order and each once.
    """
    first: dict[str, Example] = {}
    answers: dict[str, list[str]] = {}
    gone: list[Example] = []
    for item in items:
        key = prompt_key(item)
        answers.setdefault(key, []).extend(references_of(item))
        if first.setdefault(key, item) is not item:
            gone.append(item)
    kept = [
        replace(item, fields={**item.fields, REFERENCES: list(dict.fromkeys(answers[key]))})
        if len(answers[key]) > 1
        else item
        for key, item in first.items()
    ]
    return kept, gone
