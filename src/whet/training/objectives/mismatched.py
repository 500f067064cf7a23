"""KTO's measure of how far the model has moved: prompts with answers to other prompts.

The paper takes the mean of log p(y'|x) - log p_ref(y'|x) over answers y' of other prompts, holds
it above zero and lets no gradient through. Here each row has one such partner for the whole run:
the row before it when rows are ordered by a hash of the seed and their id, the first having the
last. So neither the step's composition nor how it is cut changes a partner, the reference needs
one pass, and a step of one row has an estimate too. A step's estimate is the mean over its rows.
TRL takes the row before within a batch of the file's order, which is the same where the batch is
all there is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from whet.errors import DataError
from whet.rows.sequence import Part, RenderedExample, TokenSequence


def with_mismatched(
    examples: Sequence[RenderedExample], seed: int, max_tokens: int
) -> list[RenderedExample]:
    """Each judged row with one more sequence: its prompt, then its partner's answer.

    What is longer than `max_tokens` is cut at the end, of which at least a token remains, since
    it is only measured.

    Raises:
        DataError: a single row, which has no partner.
    """
    if len(examples) == 1:
        raise DataError(
            f"{examples[0].source}: train.objective: kto measures each prompt with another row's "
            "answer, and there is only one row. Add rows."
        )
    order = partner_order(examples, seed)
    made = list(examples)
    for place, index in enumerate(order):
        example = examples[index]
        other = _mismatched(example, examples[order[place - 1]], max_tokens)
        made[index] = replace(
            example,
            sequences=(*example.sequences, other),
            parts=(*example.kinds, Part.MISMATCHED),
        )
    return made


def partner_order(examples: Sequence[RenderedExample], seed: int) -> list[int]:
    """The rows' indices by hash: each row's partner is the one before it."""

    def key(index: int) -> bytes:
        text = f"kto:{seed}:{examples[index].id}"
        return hashlib.blake2b(text.encode(), digest_size=16).digest()

    return sorted(range(len(examples)), key=key)


def mismatched_of(examples: Sequence[RenderedExample]) -> tuple[list[TokenSequence], list[float]]:
    """The mismatched sequences of some rows, and their reference where it is known."""
    sequences, references = [], []
    for example in examples:
        known = example.reference or (0.0,) * len(example.sequences)
        for sequence, part, reference in zip(example.sequences, example.kinds, known, strict=True):
            if part is Part.MISMATCHED:
                sequences.append(sequence)
                references.append(reference)
    return sequences, references


def _mismatched(
    example: RenderedExample, partner: RenderedExample, max_tokens: int
) -> TokenSequence:
    (prompt, _), (_, answer) = _parted(example), _parted(partner)
    tokens = np.concatenate([prompt, answer])[:max_tokens]
    return TokenSequence(tokens, np.arange(len(tokens)) >= len(prompt))


def _parted(example: RenderedExample) -> tuple[np.ndarray, np.ndarray]:
    """Tokens before the learnt answer, and the answer's."""
    sequence = example.sequences[0]
    learnt = np.flatnonzero(sequence.trained)
    return sequence.tokens[: learnt[0]], sequence.tokens[learnt[0] : learnt[-1] + 1]
