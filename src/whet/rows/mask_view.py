"""What the model will be trained on, token by token, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whet.rows.sequence import RenderedExample

LEARNT, READ = "●", "·"
PART, MAX_PARTS = "\ufffd", 4
GREEN, DIM, RESET = "\x1b[32m", "\x1b[2m", "\x1b[0m"


def mask_view(example: RenderedExample, tokenizer: Any) -> str:
    """A printable table: one line a token, `●` where the model learns to write it.

    Columns: mark, position, token id, the token's text with escapes.
    """
    lines = [f"{example.source}  ({LEARNT} learnt, {READ} only read)"]
    for number, sequence in enumerate(example.sequences, start=1):
        if len(example.sequences) > 1 or example.parts:
            lines.append(heading(example, number))
        lines.extend(_lines(sequence.tokens.tolist(), sequence.trained.tolist(), tokenizer))
    lines.append(f"{example.num_tokens} tokens, {example.num_loss_tokens} learnt")
    return "\n".join(lines)


def heading(example: RenderedExample, number: int) -> str:
    """Which of an example's sequences it is, counted from 1, and what it is to the example."""
    part = f": {example.parts[number - 1]}" if example.parts else ""
    return f"sequence {number} of {len(example.sequences)}{part}"


def coloured(view: str) -> str:
    """The table for a terminal: learnt tokens green, tokens that are only read dim."""
    paint = {f"{LEARNT} ": GREEN, f"{READ} ": DIM}
    lines = [(paint.get(line[:2]), line) for line in view.split("\n")]
    return "\n".join(f"{colour}{line}{RESET}" if colour else line for colour, line in lines)


def token_texts(ids: list[int], tokenizer: Any) -> list[str]:
    """Each token's text. Of a character in several tokens each says which part it is: `東 1/3`.

    A token that is no text at all (a lone byte) is shown by its name in the vocabulary.
    """
    texts = [_decoded(tokenizer, [token]) for token in ids]
    place = 0
    while place < len(ids):
        size = 1
        if PART in texts[place]:
            sizes = range(2, MAX_PARTS + 1)
            whole = (n for n in sizes if PART not in _decoded(tokenizer, ids[place : place + n]))
            size = next(whole, 1)
            together = _decoded(tokenizer, ids[place : place + size])
            texts[place : place + size] = [f"{together} {i + 1}/{size}" for i in range(size)]
        if not texts[place] or PART in texts[place]:
            texts[place] = str(tokenizer.convert_ids_to_tokens(ids[place]))
        place += size
    return texts


def _decoded(tokenizer: Any, ids: list[int]) -> str:
    text: str = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    return text


def _lines(tokens: list[int], trained: list[bool], tokenizer: Any) -> Iterator[str]:
    texts = token_texts(tokens, tokenizer)
    for position, (token, learnt, text) in enumerate(zip(tokens, trained, texts, strict=True)):
        yield f"{LEARNT if learnt else READ} {position:5d} {token:7d}  {text!r}"
