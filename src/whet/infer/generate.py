"""Spelling answers token by token, for a batch of rows that share a prefix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import torch

from whet.infer.past import Prefix
from whet.infer.reader import Reader
from whet.infer.sampling import Sampler
from whet.types import FinishReason

DROP_SHARE = 0.25


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
) -> list[Answer]:
    """One answer for each row, at most `limits[row]` tokens long.

    Rows that have ended leave the batch once they are a quarter of it; to copy the cache for each
    one would cost more than the few wasted tokens.
    """
    answers = [Answer() for _ in suffixes]
    past, logits_BV = reader.read(prefix, suffixes)
    width = max(map(len, suffixes))
    positions = torch.tensor([prefix.length + len(suffix) for suffix in suffixes]).to(reader.device)
    pads = width + prefix.length - positions
    ends = positions + torch.tensor(list(limits)).to(reader.device)
    rows = list(range(len(suffixes)))
    running = {row for row in rows if limits[row] > 0}
    for step in range(max(limits)):
        chosen_B = sampler.choose(logits_BV, rows, step)
        for row, token in zip(rows, chosen_B.tolist(), strict=True):
            if row in running and _ended(answers[row], token, limits[row], stops):
                running.discard(row)
        if not running:
            break
        if len(running) <= (1 - DROP_SHARE) * len(rows):
            kept = torch.tensor([i for i, row in enumerate(rows) if row in running])
            kept = kept.to(reader.device)
            rows = [row for row in rows if row in running]
            chosen_B, positions = chosen_B[kept], positions[kept]
            pads, ends = pads[kept], ends[kept]
            past.keep(kept)
        logits_BV = reader.step(past, chosen_B, positions, pads)
        positions = torch.minimum(positions + 1, ends - 1)  # ended rows stay inside the context
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
