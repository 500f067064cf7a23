"""Spelling answers token by token, for rows that share a prefix."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from whet.infer.batch import AnswerBatch, Room
from whet.infer.past import Prefix
from whet.infer.reader import Reader
from whet.infer.sampling import Sampler
from whet.types import FinishReason


@dataclass(slots=True)
class Answer:
    """Tokens of one answer without the stop token, and why it ended."""

    tokens: list[int] = field(default_factory=list)
    finish_reason: FinishReason = FinishReason.LENGTH
    num_tokens: int = 0
    """Tokens that were generated, the stop token included."""


@dataclass(frozen=True, slots=True)
class Stops:
    """What ends an answer: stop tokens, and stop strings looked for in the decoded text."""

    ids: Collection[int]
    strings: tuple[str, ...] = ()
    decode: Callable[[Sequence[int]], str] = str

    def reached(self, tokens: Sequence[int]) -> bool:
        """Whether the text so far holds a stop string."""
        if not self.strings:
            return False
        text = self.decode(tokens)
        return any(string in text for string in self.strings)

    def cut(self, text: str) -> str:
        """The text before the first stop string."""
        found = [text.find(string) for string in self.strings if string in text]
        return text[: min(found)] if found else text


def generate(
    reader: Reader,
    prefix: Prefix,
    suffixes: Sequence[Sequence[int]],
    limits: Sequence[int],
    stops: Stops,
    sampler: Sampler,
    room: Room,
    hear: Callable[[int, Sequence[int]], None] | None = None,
) -> list[Answer]:
    """One answer for each row, at most `limits[row]` tokens long.

    Rows start longest first, as many as there is room for; the next join when others have ended,
    so that one long answer keeps nobody waiting. `hear` is given a row and its tokens so far,
    after each token.
    """
    answers = [Answer() for _ in suffixes]
    lengths = [len(suffix) for suffix in suffixes]
    order = sorted(range(len(suffixes)), key=lambda row: (-lengths[row], row))
    waiting = deque(row for row in order if limits[row] > 0)
    batch = AnswerBatch(reader, prefix, suffixes, limits)
    live: set[int] = set()
    while waiting or live:
        count = room.take(waiting, lengths, len(batch.numbers), batch.num_columns)
        if count:
            joined = [waiting.popleft() for _ in range(count)]
            batch.join(joined)
            live.update(joined)
        steps = [answers[row].num_tokens for row in batch.numbers]
        chosen_B = sampler.choose(batch.logits_BV, batch.numbers, steps)
        for row, token in zip(batch.numbers, chosen_B.tolist(), strict=True):
            if row in live and _ended(answers[row], token, limits[row], stops):
                live.discard(row)
            elif row in live and hear is not None:
                hear(row, answers[row].tokens)
        if live or waiting:
            batch.step(chosen_B, live)
    return answers


def _ended(answer: Answer, token: int, limit: int, stops: Stops) -> bool:
    answer.num_tokens += 1
    if token in stops.ids:
        answer.finish_reason = FinishReason.STOP
        return True
    answer.tokens.append(token)
    if stops.reached(answer.tokens):
        answer.finish_reason = FinishReason.STOP
        return True
    return answer.num_tokens >= limit
