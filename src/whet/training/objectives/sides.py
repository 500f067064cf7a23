"""From the log-probability of each sequence of a step to the answers of its pairs or rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.rows.sequence import Part, RenderedExample
from whet.training.objectives.preference import Answers

SIDE = {Part.CHOSEN: 0, Part.REJECTED: 1, Part.DESIRABLE: 0, Part.UNDESIRABLE: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Which sequence is part of which side of which unit. S sequences, U units of K sides.

    A side has several sequences where the template rewrites history; their sums add up.

    Attributes:
        unit: [S] the unit that each sequence belongs to.
        cell: [S] its side, as unit * K + side.
        reference: [U, K] log-probabilities before training, zeros where there are none.
        lengths: [U, K] learnt tokens.
        desirable: [U] whether the unit's first side is to become likelier.
        kl: see `Answers`.
    """

    unit: Tensor
    cell: Tensor
    reference: Tensor
    lengths: Tensor
    desirable: Tensor
    kl: float

    @staticmethod
    def of(examples: Sequence[RenderedExample], kl: float = 0.0) -> Sides:
        """Each example is a unit; its sequences are numbered as `step.sequences_of` does."""
        width = 2 if examples[0].kinds[0] in (Part.CHOSEN, Part.REJECTED) else 1
        units, cells, references, lengths = [], [], [], []
        for number, example in enumerate(examples):
            known = example.reference or (0.0,) * len(example.sequences)
            for sequence, part, reference in zip(
                example.sequences, example.kinds, known, strict=True
            ):
                if part in SIDE:
                    units.append(number)
                    cells.append(number * width + SIDE[part])
                    references.append(reference)
                    lengths.append(sequence.num_loss_tokens)
        good = [example.kinds[0] in (Part.CHOSEN, Part.DESIRABLE) for example in examples]
        cell, shape = torch.tensor(cells), (len(examples), width)
        return Sides(
            unit=torch.tensor(units),
            cell=cell,
            reference=_added(cell, torch.tensor(references, dtype=torch.float64), shape),
            lengths=_added(cell, torch.tensor(lengths, dtype=torch.float64), shape),
            desirable=torch.tensor(good),
            kl=kl,
        )

    def answers(self, log_probs: Tensor, units: Tensor | None = None) -> Answers:
        """The answers of some units (None: all) by the log-probabilities [S] of all sequences."""
        chosen = slice(None) if units is None else units
        return Answers(
            log_probs=_added(self.cell, log_probs, tuple(self.reference.shape))[chosen],
            reference=self.reference[chosen],
            lengths=self.lengths[chosen],
            desirable=self.desirable[chosen],
            kl=self.kl,
        )

    def groups(self) -> list[list[int]]:
        """The sequences of each unit."""
        groups: list[list[int]] = [[] for _ in range(len(self.reference))]
        for sequence, unit in enumerate(self.unit.tolist()):
            groups[unit].append(sequence)
        return groups


def _added(cell: Tensor, values: Tensor, shape: tuple[int, ...]) -> Tensor:
    sums = values.new_zeros(shape[0] * shape[1]).index_add(0, cell, values)
    return sums.view(shape)
