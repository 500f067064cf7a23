"""What the model will be trained on, token by token, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whet.rows.sequence import RenderedExample

LEARNT, READ = "●", "·"


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


def _lines(tokens: list[int], trained: list[bool], tokenizer: Any) -> Iterator[str]:
    for position, (token, learnt) in enumerate(zip(tokens, trained, strict=True)):
        text = tokenizer.decode([token], clean_up_tokenization_spaces=False)
        shown = text if text and "\ufffd" not in text else tokenizer.convert_ids_to_tokens(token)
        yield f"{LEARNT if learnt else READ} {position:5d} {token:7d}  {shown!r}"
