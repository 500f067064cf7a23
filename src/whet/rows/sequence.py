"""What the renderer hands to the packer: token sequences that know which tokens are learnt.

A sequence is a path from its first token to its last. `trained[i]` says that token i is a target:
it is predicted from the position before it. There are no shifted labels anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TokenSequence:
    """Tokens [T] and, for each, whether it is a target. The first token never is one."""

    tokens: Tokens
    trained: Flags

    @staticmethod
    def of(tokens: list[int], trained: list[bool]) -> TokenSequence:
        """A sequence from plain lists."""
        return TokenSequence(np.asarray(tokens, np.int32), np.asarray(trained, np.bool_))

    @property
    def num_tokens(self) -> int:
        return len(self.tokens)

    @property
    def num_loss_tokens(self) -> int:
        return int(self.trained.sum())


class Part(StrEnum):
    """What a sequence is to its example."""

    ANSWER = "answer"
    """To be imitated."""
    CHOSEN = "chosen"
    """The side of a pair that is preferred."""
    REJECTED = "rejected"
    """The side of a pair that the chosen one is preferred to."""
    DESIRABLE = "desirable"
    """An answer judged good."""
    UNDESIRABLE = "undesirable"
    """An answer judged bad."""
    MISMATCHED = "mismatched"
    """The prompt with another row's answer: measured, never learnt."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderedExample:
    """One example as the model sees it: mostly one sequence, of a pair one for each side.

    There are several where the template rewrites history: then each trained turn that is no
    continuation of the turn before it is a sequence of its own, as the server would render it.

    `parts` says what each sequence is; empty means that all are answers to imitate. `reference`
    is each sequence's log-probability before training, where the objective asks for it.
    """

    id: str
    source: str
    sequences: tuple[TokenSequence, ...]
    parts: tuple[Part, ...] = ()
    reference: tuple[float, ...] = ()

    @property
    def kinds(self) -> tuple[Part, ...]:
        """What each sequence is."""
        return self.parts or (Part.ANSWER,) * len(self.sequences)

    @property
    def num_tokens(self) -> int:
        return sum(sequence.num_tokens for sequence in self.sequences)

    @property
    def num_loss_tokens(self) -> int:
        return sum(sequence.num_loss_tokens for sequence in self.sequences)

    @property
    def longest(self) -> int:
        """Tokens in the longest sequence."""
        return max(sequence.num_tokens for sequence in self.sequences)
