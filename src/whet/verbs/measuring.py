"""Lengths of rows in tokens, before there is a project: for batches that another tool packed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.errors import MissingExtraError
from whet.migration import Lengths
from whet.stages.preparing import require_models
from whet.types import Example

MAX_ROWS = 5_000
CHARS_PER_TOKEN = 4


def measure(examples: Sequence[Example], model: str) -> Lengths:
    """The lengths of the rows, or of 5,000 spread evenly over them.

    By the model's own tokenizer and template where the model is on this machine; nothing is
    fetched for it. Else four characters are taken for a token, and `measure` says so.
    """
    step = max(1, -(-len(examples) // MAX_ROWS))
    chosen = examples[::step]
    rows = f"{len(chosen):,} of {len(examples):,} rows" if step > 1 else f"all {len(chosen):,} rows"
    tokenizer, reason = _tokenizer(model)
    if tokenizer is None:
        lengths = [-(-_num_chars(example) // CHARS_PER_TOKEN) for example in chosen]
        how = f"the characters of {rows}, {CHARS_PER_TOKEN} to a token ({reason})"
        return Lengths(lengths, len(examples), how)
    from whet.rows.render import encode

    ids = encode(tokenizer, [_text(tokenizer, example) for example in chosen])
    return Lengths([len(row) for row in ids], len(examples), f"the tokens of {rows}")


def _tokenizer(model: str) -> tuple[Any, str]:
    """The model's tokenizer, or None and why there is none."""
    try:
        require_models()
    except MissingExtraError as error:
        return None, str(error)
    from whet.models.files import find_here
    from whet.models.load import load_tokenizer

    folder = find_here(model)
    if folder is None:
        return None, f"{model} is not on this machine"
    return load_tokenizer(folder), ""


def _text(tokenizer: Any, example: Example) -> str:
    """The row as the template writes it; without a template its texts alone."""
    from whet.rows.template import render_text

    if not tokenizer.chat_template:
        return "\n".join(message["content"] for message in example.messages)
    return render_text(tokenizer, example.messages, tools=example.tools, generation_prompt=False)


def _num_chars(example: Example) -> int:
    return sum(len(message["content"]) for message in example.messages)
