"""That two engines gave the same answers, or differ only where the model itself has no opinion.

A batch changes the last bits of a sum, so that where two tokens are equally likely to the last
bits, two correct engines may choose differently, and all that follows differs too. What is right
is taken from a plain forward pass of transformers in float64 (but for its norms, which always
compute in float32), each prompt with its answer alone and unpadded. Two lines are drawn:

1. Logits: along 16 answers, spread over the prompts, whet's float32 logits (shared prefix, padded
   batch, cache) lie within 2e-5 of the largest logit from the right ones. How far a padded batch
   of transformers in float32 lies from them is reported beside it.
2. Answers: where two engines' tokens part, the right logits of the best two tokens are no further
   apart than twice that, which is what two such engines can turn round. Anything else is unequal
   work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.training.session import NotEqualError

TOLERANCE = 2e-5
NUM_FORCED = 16

Rows = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Distances:
    """Largest differences of logits from the right ones, and what is allowed."""

    whet: float
    padded: float
    allowed: float


class Plain:
    """A model's logits in float64."""

    def __init__(self, model: Any) -> None:
        import copy

        self._model = copy.deepcopy(model)
        for parameter in self._model.parameters():  # buffers stay: their rounding is the model's
            parameter.data = parameter.data.double()

    def logits(self, prompt: Sequence[int], answer: Sequence[int]) -> Any:
        """[T + 1, V] before each token of an answer and after it."""
        import torch

        with torch.inference_mode():
            ids = torch.tensor([[*prompt, *answer]])
            return self._model(ids, use_cache=False, logits_to_keep=len(answer) + 1).logits[0]


def forced(model: Any, plain: Plain, prompts: Rows, answers: Rows) -> Distances:
    """How far logits along given answers are from the right ones.

    Raises:
        NotEqualError: whet's are further than `TOLERANCE` allows.
    """
    import torch

    least = min(map(len, answers))
    answers = [answer[:least] for answer in answers]
    right = torch.stack([plain.logits(p, a) for p, a in zip(prompts, answers, strict=True)])
    allowed = TOLERANCE * float(right.abs().max())
    ours = float((_by_whet(model, prompts, answers) - right).abs().max())
    theirs = float((_padded(model, prompts, answers) - right).abs().max())
    if not ours <= allowed:
        raise NotEqualError(f"logits are {ours:.1e} from those in float64; {allowed:.1e} allowed")
    return Distances(ours, theirs, allowed)


def _by_whet(model: Any, prompts: Rows, answers: Rows) -> Any:
    """Logits [B, T + 1, V] by whet's cache, token by token."""
    import torch

    from whet.infer.attention import attention_of
    from whet.infer.reader import Reader, common_prefix

    reader = Reader(model)
    with attention_of(model), torch.inference_mode():
        prefix = reader.read_prefix(common_prefix(prompts))
        suffixes = [prompt[prefix.length :] for prompt in prompts]
        widths = torch.tensor([len(suffix) for suffix in suffixes])
        past, logits = reader.read(prefix, suffixes)
        found = [logits]
        for step, tokens in enumerate(torch.tensor(answers).T):
            positions = prefix.length + widths + step
            found.append(reader.step(past, tokens, positions, widths.max() - widths))
        return torch.stack(found, dim=1)


def _padded(model: Any, prompts: Rows, answers: Rows) -> Any:
    """Logits [B, T + 1, V] by transformers, one batch padded on the left."""
    import torch

    width = max(map(len, prompts))
    rows = [[*p, *a] for p, a in zip(prompts, answers, strict=True)]
    pads = [width - len(prompt) for prompt in prompts]
    ids = torch.tensor([[0] * pad + row for pad, row in zip(pads, rows, strict=True)])
    mask = (torch.arange(ids.shape[1])[None] >= torch.tensor(pads)[:, None]).long()
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.inference_mode():
        return model(
            ids, attention_mask=mask, position_ids=positions, use_cache=False,
            logits_to_keep=len(answers[0]) + 1,
        ).logits  # fmt: skip


def parting_gaps(
    plain: Plain, prompts: Rows, ours: Rows, theirs: Rows, allowed: float
) -> list[float]:
    """For each pair of answers that differ, how near the best two tokens are where they part.

    Raises:
        NotEqualError: they are further apart than `allowed`.
    """
    gaps = []
    for row, (prompt, a, b) in enumerate(zip(prompts, ours, theirs, strict=True)):
        if list(a) == list(b):
            continue
        shared = _num_equal(a, b)
        best = plain.logits(prompt, a[:shared])[-1].topk(2).values
        gaps.append(float(best[0] - best[1]))
        if not gaps[-1] <= allowed:
            raise NotEqualError(
                f"answer {row} parts at token {shared}, where the best two logits are "
                f"{gaps[-1]:.1e} apart; {allowed:.1e} allowed"
            )
    return gaps


def _num_equal(a: Iterable[int], b: Iterable[int]) -> int:
    """Tokens that both begin with."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count
