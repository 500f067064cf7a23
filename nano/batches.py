"""Batches of fixed shape: every step draws its own documents, so that a run resumes from its step
number alone.
"""

import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .corpus import document, seeded
from .tokenizer import Encoded, encode


@dataclass(frozen=True)
class Shape:
    """Rows and tokens of a batch, the lengths of the documents it takes, and its share of the
    steps.
    """

    num_rows: int
    num_tokens: int
    shortest: int
    early: float
    late: float


SHAPES = (
    Shape(num_rows=24, num_tokens=256, shortest=0, early=0.96, late=0.92),
    Shape(num_rows=12, num_tokens=512, shortest=200, early=0.04, late=0.06),
    Shape(num_rows=4, num_tokens=1536, shortest=450, early=0.0, late=0.02),
)
"""Few shapes, all of 6,144 tokens: a new shape makes the compiler and the allocator start afresh.
"""


@dataclass(frozen=True)
class Batch:
    """Tokens and document numbers [B, T], the flat positions whose next token is learned, and those
    next tokens.
    """

    tokens_BT: Tensor
    documents_BT: Tensor
    positions: Tensor
    targets: Tensor
    weights: Tensor


def make_batch(
    tokenizer: Tokenizer, seed: int, step: int, late: float, prompt_share: float
) -> Batch:
    """The batch of a step: a shape, documents best-fitted into its rows, and the positions to learn
    from.

    Besides the assistant's words and plain text a random `prompt_share` of the prompt tokens is
    learned, which is cheaper than giving all of them a small weight: the output layer runs on the
    chosen positions only.
    """
    rng = seeded(f"batch {seed}/{step}")
    shape = rng.choices(SHAPES, [s.early * (1 - late) + s.late * late for s in SHAPES])[0]
    rows: list[list[Encoded]] = [[] for _ in range(shape.num_rows)]
    room = [shape.num_tokens] * shape.num_rows
    index, misses = 0, 0
    while misses < 12:
        encoded = encode(tokenizer, document(seed, step * 10_000 + index, late)[1])
        index += 1
        length = len(encoded.ids)
        if not shape.shortest <= length <= shape.num_tokens:
            continue
        fitting = [(room[row], row) for row in range(shape.num_rows) if room[row] >= length]
        if not fitting:
            misses += 1
            continue
        row = min(fitting)[1]
        rows[row].append(encoded)
        room[row] -= length
    return _tensors(rows, shape, rng, prompt_share)


def _tensors(
    rows: list[list[Encoded]], shape: Shape, rng: random.Random, prompt_share: float
) -> Batch:
    tokens = torch.zeros(shape.num_rows, shape.num_tokens, dtype=torch.long)
    documents = torch.full((shape.num_rows, shape.num_tokens), -1)
    positions: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    for number, row in enumerate(rows):
        start = 0
        for order, encoded in enumerate(row):
            end = start + len(encoded.ids)
            tokens[number, start:end] = torch.tensor(encoded.ids)
            documents[number, start:end] = order
            for offset in range(1, len(encoded.ids)):
                if encoded.weights[offset] or rng.random() < prompt_share:
                    positions.append(number * shape.num_tokens + start + offset - 1)
                    targets.append(encoded.ids[offset])
                    weights.append(encoded.weights[offset] or 1.0)
            start = end
    return Batch(
        tokens, documents, torch.tensor(positions), torch.tensor(targets), torch.tensor(weights)
    )
