"""What the model will be trained on, token by token, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whet.rows.sequence import RenderedExample

LEARNT, READ = "●", "·"
GREEN, DIM, RESET = "\x1b[32m", "\x1b[2m", "\x1b[0m"


def mask_view(example: RenderedExample, tokenizer: Any) -> str:
    """A printable table: one line a token, `●` where the model learns to write it.

    Columns: mark, position, token id, the token's text with escapes.
    """
    lines = [f"{example.source}  ({LEARNT} learnt, {READ} only read)"]
    for number, sequence in enumerate(example.sequences, start=1):
        if len(example.sequences) > 1:
            lines.append(f"sequence {number} of {len(example.sequences)}")
        lines.extend(_lines(sequence.tokens.tolist(), sequence.trained.tolist(), tokenizer))
    lines.append(f"{example.num_tokens} tokens, {example.num_loss_tokens} learnt")
    return "\n".join(lines)


def coloured(view: str) -> str:
    """The table for a terminal: learnt tokens green, tokens that are only read dim."""
    paint = {f"{LEARNT} ": GREEN, f"{READ} ": DIM}
    lines = [(paint.get(line[:2]), line) for line in view.split("\n")]
    return "\n".join(f"{colour}{line}{RESET}" if colour else line for colour, line in lines)


def token_text(token: int, tokenizer: Any) -> str:
    """A token's text, or its name in the vocabulary where it is but a part of a character."""
    text: str = tokenizer.decode([token], clean_up_tokenization_spaces=False)
    return text if text and "\ufffd" not in text else str(tokenizer.convert_ids_to_tokens(token))


def _lines(tokens: list[int], trained: list[bool], tokenizer: Any) -> Iterator[str]:
    for position, (token, learnt) in enumerate(zip(tokens, trained, strict=True)):
        shown = token_text(token, tokenizer)
        yield f"{LEARNT if learnt else READ} {position:5d} {token:7d}  {shown!r}"
