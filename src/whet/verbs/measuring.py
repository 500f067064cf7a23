"""Lengths of rows in tokens, before there is a project: for batches that another tool packed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.errors import DataError, MissingExtraError, ModelError
from whet.migration import Lengths
from whet.stages.base_model import require_models
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
    try:
        return Lengths(_num_tokens(chosen, model), len(examples), f"the tokens of {rows}")
    except (MissingExtraError, ModelError, DataError) as error:
        reason = str(error).splitlines()[0]
    lengths = [-(-_num_chars(example) // CHARS_PER_TOKEN) for example in chosen]
    how = f"the characters of {rows}, {CHARS_PER_TOKEN} to a token ({reason})"
    return Lengths(lengths, len(examples), how)


def _num_tokens(examples: Sequence[Example], model: str) -> list[int]:
    """The length of each row.

    Raises:
        MissingExtraError, ModelError, DataError: the tokenizer is not here, or refuses a row.
    """
    require_models()
    from whet.models.files import find_here
    from whet.models.load import load_tokenizer
    from whet.rows.render import encode

    folder = find_here(model)
    if folder is None:
        raise ModelError(f"{model} is not on this machine")
    tokenizer = load_tokenizer(folder)
    return [len(row) for row in encode(tokenizer, [_text(tokenizer, e) for e in examples])]


def _text(tokenizer: Any, example: Example) -> str:
    """The row as the template writes it; without a template its texts alone."""
    from whet.rows.template import render_text

    if not tokenizer.chat_template:
        return "\n".join(message["content"] for message in example.messages)
    return render_text(tokenizer, example.messages, tools=example.tools, generation_prompt=False)


def _num_chars(example: Example) -> int:
    return sum(len(message["content"]) for message in example.messages)
