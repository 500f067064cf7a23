"""That two engines gave the same answers, or differ only where the model itself has no opinion.

A batch changes the last bits of a sum, so that where two tokens are equally likely to the last
bits, two correct engines may choose differently, and all that follows differs too. Two lines are
drawn:

1. Logits: along 16 answers, spread over the prompts, whet's logits (shared prefix, padded batch,
   cache) lie within 1e-4 of those of a plain forward pass of each prompt with its answer, alone
   and unpadded; float32.
2. Answers: where two engines' tokens part, the plain pass gives the best two tokens a distance
   below 2e-4, which is what two engines within 1e-4 can turn round. Anything else is unequal work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.training.session import NotEqualError

LOGITS = 1e-4
GAP = 2 * LOGITS
NUM_FORCED = 16


def forced_difference(
    model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> float:
    """Largest difference between whet's logits and plain ones along given answers.

    Raises:
        NotEqualError: it is above `LOGITS`.
    """
    import torch

    from whet.infer.attention import attention_of
    from whet.infer.reader import Reader, common_prefix

    least = min(map(len, answers))
    expected = [plain_logits(model, p, a[:least]) for p, a in zip(prompts, answers, strict=True)]
    reader = Reader(model)
    with attention_of(model), torch.inference_mode():
        prefix = reader.read_prefix(common_prefix(prompts))
        suffixes = [prompt[prefix.length :] for prompt in prompts]
        widths = torch.tensor([len(suffix) for suffix in suffixes])
        past, logits = reader.read(prefix, suffixes)
        found = [logits]
        for step in range(least):
            tokens = torch.tensor([answer[step] for answer in answers])
            positions = prefix.length + widths + step
            found.append(reader.step(past, tokens, positions, widths.max() - widths))
    apart = float((torch.stack(found, dim=1) - torch.stack(expected)).abs().max())
    if not apart <= LOGITS:
        raise NotEqualError(
            f"logits are {apart:.1e} from those of a plain pass; more than {LOGITS}"
        )
    return apart


def plain_logits(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> Any:
    """Logits [T + 1, V] before each token of an answer and after it, by one unpadded pass."""
    import torch

    with torch.inference_mode():
        ids = torch.tensor([[*prompt, *answer]])
        logits = model(ids, use_cache=False, logits_to_keep=len(answer) + 1).logits
    return logits[0].float()


def parting_gaps(
    model: Any,
    prompts: Sequence[Sequence[int]],
    ours: Sequence[Sequence[int]],
    theirs: Sequence[Sequence[int]],
) -> list[float]:
    """For each pair of answers that differ, how near the best two tokens are where they part.

    Raises:
        NotEqualError: they are not near.
    """
    gaps = []
    for row, (prompt, a, b) in enumerate(zip(prompts, ours, theirs, strict=True)):
        if a == b:
            continue
        same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
        shared = min(len(a), len(b)) if same is None else same
        best = plain_logits(model, prompt, a[:shared])[-1].topk(2).values
        gaps.append(float(best[0] - best[1]))
        if not gaps[-1] <= GAP:
            raise NotEqualError(
                f"answer {row} parts at token {shared}, where the best two logits are "
                f"{gaps[-1]:.1e} apart; more than {GAP}"
            )
    return gaps
