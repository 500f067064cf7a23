"""Rows that are longer than a model or the project allows. An answer is never cut.

The tokenizer is not known here: `num_tokens` counts an example as training would see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from whet.data.ledger import Dropped
from whet.errors import DataError
from whet.types import Example, Message

NumTokens = Callable[[Example], int]
Truncate = Callable[[Example, int, str], Example]
"""(example, max_length, side) to an example with a shorter prompt; side is left or right."""

NUM_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Fitted:
    """Rows that fit, rows dropped, and the sources of rows whose prompt was cut.

    `num_cut` is how many tokens the cutting removed.
    """

    examples: list[Example]
    dropped: list[Dropped] = field(default_factory=list)
    truncated: list[str] = field(default_factory=list)
    num_cut: int = 0


def resolve_lengths(
    examples: Sequence[Example],
    num_tokens: NumTokens,
    max_length: int,
    on_too_long: str,
    truncate: Truncate | None = None,
) -> Fitted:
    """Training rows of at most `max_length` tokens, by the policy `on_too_long`.

    `error`, `drop`, `truncate_left` (the oldest turns and the beginning of the question go) or
    `truncate_right` (the end of the question goes). `truncate` replaces our own `Cutter`.

    Raises:
        DataError: the policy is `error` and a row is too long, or a row does not fit even
            with nothing left of its question.
    """
    lengths = [num_tokens(example) for example in examples]
    too_long = [(e, n) for e, n in zip(examples, lengths, strict=True) if n > max_length]
    if not too_long:
        return Fitted(list(examples))
    if on_too_long == "error":
        raise _too_long(too_long, len(examples), max_length, _CHOICES)
    if on_too_long == "drop":
        fitting = [e for e, n in zip(examples, lengths, strict=True) if n <= max_length]
        return Fitted(fitting, [Dropped.of(e, "too_long", n) for e, n in too_long])
    assert on_too_long in ("truncate_left", "truncate_right"), on_too_long
    cut = truncate or Cutter(num_tokens)
    return _truncated(examples, lengths, num_tokens, max_length, on_too_long[9:], cut)


def require_lengths(examples: Sequence[Example], num_tokens: NumTokens, max_length: int) -> None:
    """Refuses held-out rows that are too long: whatever they were cut to would be another test.

    Raises:
        DataError: naming them.
    """
    lengths = [(example, num_tokens(example)) for example in examples]
    too_long = [(example, length) for example, length in lengths if length > max_length]
    if too_long:
        remedy = (
            "data.on_too_long does not touch held-out rows. Raise train.max_length, or take "
            "these rows out of the file."
        )
        raise _too_long(too_long, len(examples), max_length, remedy)


_CHOICES = (
    "Raise train.max_length to {longest}, or set data.on_too_long: drop ({n} rows go), "
    "truncate_left or truncate_right ({n} prompts are cut, answers stay whole)."
)


def _too_long(
    rows: Sequence[tuple[Example, int]], num_rows: int, max_length: int, remedy: str
) -> DataError:
    longest = max(length for _, length in rows)
    head = f"{len(rows)} of {num_rows} rows are longer than {max_length} tokens."
    shown = [f"{e.source}: {n} tokens." for e, n in sorted(rows, key=lambda r: -r[1])[:NUM_SHOWN]]
    more = len(rows) - len(shown)
    rest = [f"... and {more} more."] if more else []
    return DataError([head, *shown, *rest, remedy.format(longest=longest, n=len(rows))])


def _truncated(
    examples: Sequence[Example], lengths: Sequence[int], num_tokens: NumTokens,
    max_length: int, side: str, cut: Truncate,
) -> Fitted:  # fmt: skip
    fitted, faults = Fitted([]), []
    num_cut = 0
    for example, before in zip(examples, lengths, strict=True):
        if before <= max_length:
            fitted.examples.append(example)
            continue
        shorter = cut(example, max_length, side)
        after = num_tokens(shorter)
        assert shorter.messages[-1] == example.messages[-1], f"{example.source}: answer was cut"
        if after > max_length or not shorter.question.strip():
            faults.append(_does_not_fit(example, max_length))
        fitted.examples.append(shorter)
        fitted.truncated.append(example.source)
        num_cut += before - after
    if faults:
        raise DataError(faults)
    return Fitted(fitted.examples, [], fitted.truncated, num_cut)


def _does_not_fit(example: Example, max_length: int) -> str:
    return (
        f"{example.source}: does not fit into {max_length} tokens: nothing of its question would "
        "be left, and the answer is never cut. Raise train.max_length or remove the row."
    )


class Cutter:
    """Shortens the prompt of an example, as little as it has to, until it fits.

    On the left whole earlier turns go first (never the system message), then the beginning of
    the last question; on the right only the end of the last question. If that is not enough the
    shortest form is returned, still too long.
    """

    def __init__(self, num_tokens: NumTokens) -> None:
        self.num_tokens = num_tokens

    def __call__(self, example: Example, max_length: int, side: str) -> Example:
        """The shortened example, with the same source, group and fields."""
        if side == "left":
            example = self._without_old_turns(example, max_length)
        index = _last_user(example.messages)
        text = example.messages[index]["content"]
        low, high = 0, len(text)  # low characters fit, as far as anything does; high do not
        while high - low > 1:
            middle = (low + high) // 2
            candidate = _with_text(example, index, _kept(text, middle, side))
            fits = self.num_tokens(candidate) <= max_length
            low, high = (middle, high) if fits else (low, middle)
        if self.num_tokens(example) <= max_length:
            return example
        return _with_text(example, index, _kept(text, low, side))

    def _without_old_turns(self, example: Example, max_length: int) -> Example:
        """Drops the oldest exchanges, each from one user turn to the next."""
        while self.num_tokens(example) > max_length:
            starts = [i for i, m in enumerate(example.messages) if m["role"] == "user"]
            if len(starts) < 2:
                break
            head = [m for m in example.messages[: starts[0]] if m["role"] == "system"]
            example = _with_messages(example, [*head, *example.messages[starts[1] :]])
        return example


def _last_user(messages: Sequence[Message]) -> int:
    return max(index for index, message in enumerate(messages) if message["role"] == "user")


def _kept(text: str, num_chars: int, side: str) -> str:
    return text[len(text) - num_chars :] if side == "left" else text[:num_chars]


def _with_text(example: Example, index: int, text: str) -> Example:
    changed: list[Message] = list(example.messages)
    changed[index] = {**changed[index], "content": text}
    return _with_messages(example, changed)


def _with_messages(example: Example, messages: Sequence[Message]) -> Example:
    return Example.of(
        messages, example.source, example.group, example.fields, example.tools,
        example.rejected, example.desirable,
    )  # fmt: skip
