"""The whet.yaml of a translated project: keys with their reasons, then what became of the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from whet.data.places import printable
from whet.migration.account import Entry, Fate
from whet.migration.loading import Placed
from whet.migration.translate import Translation

MAX_COMMENT_CHARS = 300


@dataclass(frozen=True, slots=True)
class Draft:
    """What is guessed from the rows, for what no trainer asks: how answers are judged."""

    metrics: tuple[str, ...] = ("exact_match", "token_f1")
    primary: str = "exact_match"
    choices: str = "none"
    max_new_tokens: int = 256
    has_prompt: bool = True


def config_text(translation: Translation, placed: Placed, draft: Draft) -> str:
    """The whole file."""
    values = dict(translation.values)
    comments = dict(translation.comments)
    train: Any = placed.train
    if not train:
        train = ["data/train.jsonl"]
        names = ", ".join(data.name for data in translation.missing)
        comments["data.train"] = f"NOT HERE YET: fetch {names} and save it under this name"
    top: dict[str, Any] = {
        "task": "Say here in one sentence what the model is for.",
        "model": translation.model,
    }
    if translation.template is not None:
        top["template"] = "template.jinja"
    data: dict[str, Any] = {"data.train": train[0] if len(train) == 1 else train}
    if placed.validation:
        data["data.validation"] = placed.validation
    data |= _columns(translation, placed)
    if draft.has_prompt:
        top["prompt"] = "prompts/prompt.txt"
    asked = {
        "eval.metrics": list(draft.metrics),
        "eval.primary": draft.primary,
        "eval.margin": 0.02,
        "generate.choices": draft.choices,
        "generate.max_new_tokens": draft.max_new_tokens,
    }
    comments.setdefault("eval.primary", "the one number that decides; guessed from the answers")
    everything = top | data | asked | values
    lines = [f"# Made from {printable(translation.path.name)} ({translation.tool}) by `whet init`."]
    lines += _sections(everything, comments)
    lines += ["", *_account(translation)]
    return "\n".join(lines) + "\n"


def _columns(translation: Translation, placed: Placed) -> dict[str, Any]:
    columns, roles = placed.columns, placed.roles
    if not placed.train and translation.missing:
        first = translation.missing[0]
        columns, roles = dict(first.columns), dict(first.roles)
    return {f"data.{k}": v for k, v in (("columns", columns), ("roles", roles)) if v}


def _sections(values: Mapping[str, Any], comments: Mapping[str, str]) -> Iterator[str]:
    """Keys in the order of sections, nested by their dots."""
    order = ("data", "train", "eval", "generate")
    for key in (key for key in values if "." not in key):
        yield _line(0, key, values[key], comments.get(key))
    for section in order:
        yield f"{section}:"
        keys = [key for key in values if key.startswith(section + ".")]
        inner = ""
        for key in sorted(keys, key=lambda key: (key.count("."), keys.index(key))):
            parts = key.split(".")[1:]
            if len(parts) == 2 and parts[0] != inner:
                inner = parts[0]
                yield f"  {inner}:"
            yield _line(2 * len(parts), parts[-1], values[key], comments.get(key))


def _line(indent: int, key: str, value: Any, comment: str | None) -> str:
    tail = f"  # {printable(comment, MAX_COMMENT_CHARS)}" if comment else ""
    return f"{' ' * indent}{key}: {_scalar(value)}{tail}"


def _scalar(value: Any) -> str:
    """JSON is YAML too, once characters that YAML forbids are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)


_HEADS = {
    Fate.TRANSLATED: "Translated:",
    Fate.INSTEAD: "No counterpart; what whet does instead:",
    Fate.UNKNOWN: "Not known; nothing was done with:",
    Fate.IRRELEVANT: "Of no meaning here:",
    Fate.EMPTY: "Empty:",
}


def _account(translation: Translation) -> Iterator[str]:
    number = len(translation.entries)
    yield f"# What became of the {number} keys of {printable(translation.path.name)}:"
    for fate, head in _HEADS.items():
        entries = translation.by_fate(fate)
        if not entries:
            continue
        yield "#"
        yield f"# {head}"
        if fate is Fate.EMPTY:
            yield f"#   {', '.join(entry.key for entry in entries)}"
        else:
            yield from (f"#   {_told(entry)}" for entry in entries)


def _told(entry: Entry) -> str:
    return printable(str(entry), MAX_COMMENT_CHARS)
