"""A tensor as an artifact stores it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor's values in float32 on the CPU, and the format that they were stored in.

    `added`: the format is that of the base only, and an adapter was added to what it holds.
    """

    values: Tensor
    kind: str
    added: bool = False
