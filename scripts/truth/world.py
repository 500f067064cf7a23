"""Worlds with a known truth: projects whose arms, items and selections are drawn by chance.

Nothing of whet is imported here. A world says what is true (how much better a candidate is), draws
what a run would see (answers on validation, choices made by them, answers on test items), and
leaves the judging to others.

Answers are right or wrong. One arm, the anchor, is right with probability p; every other arm is
given by how often it wins and loses against the anchor, (discordance + gain) / 2 and
(discordance - gain) / 2, independently of the others where the anchor's answer is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Rng = np.random.Generator


@dataclass(frozen=True)
class Other:
    """An arm beside the anchor: its true gain over it, and on how many items the two differ."""

    gain: float
    discordance: float

    def shares(self) -> tuple[float, float]:
        """Wins and losses against the anchor, as shares of all items."""
        if self.discordance < abs(self.gain) - 1e-12:
            raise ValueError(f"a gain of {self.gain} needs more discordance than {self}")
        return (self.discordance + self.gain) / 2, (self.discordance - self.gain) / 2


def cells(p: float, others: list[Other]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Every pattern of right and wrong: its probability, and who is right in it.

    Shapes (2^arms,) and (2^arms, arms), the anchor first.
    """
    arms = len(others) + 1
    right = (np.arange(2**arms)[:, None] >> np.arange(arms)) & 1
    chance = np.where(right[:, 0] == 1, p, 1 - p)
    for place, other in enumerate(others, start=1):
        wins, losses = other.shares()
        if losses > p + 1e-12 or wins > 1 - p + 1e-12:
            raise ValueError(f"an anchor right in {p:.0%} leaves no room for {other}")
        if_right = np.where(right[:, place] == 1, 1 - losses / p, losses / p)
        if_wrong = np.where(right[:, place] == 1, wins / (1 - p), 1 - wins / (1 - p))
        chance = chance * np.where(right[:, 0] == 1, if_right, if_wrong)
    return np.clip(chance, 0, None) / chance.sum(), right


def answers(rng: Rng, n: int, sims: int, p: float, others: list[Other]) -> tuple[Counts, Counts]:
    """How often each pattern occurs among n items, shape (sims, 2^arms), and who is right in it."""
    chance, right = cells(p, others)
    return rng.multinomial(n, chance, size=sims), right


def wins_and_losses(counts: Counts, right: Counts, a: int, b: int) -> tuple[Counts, Counts]:
    """Items that only a, and that only b, gets right; arms by their place."""
    return counts @ (right[:, a] > right[:, b]), counts @ (right[:, a] < right[:, b])


def chosen(rng: Rng, sims: int, num_validation: int, p: float, options: list[Other]) -> Counts:
    """The option with most right answers on validation, of equals the first; the anchor is 0."""
    counts, right = answers(rng, num_validation, sims, p, options)
    return np.asarray((counts @ right).argmax(axis=1))


@dataclass(frozen=True)
class Project:
    """How a project comes to its arms: everything that is chosen on validation.

    `prompts` and `shots` are the true gains of each option over the first prompt; `versions` those
    of the candidate's seeds and checkpoints, relative to the gain that is asked for. The numbers
    of the test items are drawn apart from all of it, as whet draws them.
    """

    prompts: tuple[float, ...] = (0.0, -0.01, -0.03)
    shots: tuple[float, ...] = (-0.02, 0.0, -0.01)
    versions: tuple[float, ...] = (0.0, 0.0, 0.0)
    num_validation: int = 100
    p: float = 0.55
    option_discordance: float = 0.1

    def choices(self, rng: Rng, sims: int) -> NDArray[np.float64]:
        """True values relative to the best chosen baseline: prompt, few-shot, candidate version.

        Shape (sims, 3); the first two are 0 or below, one of them 0.
        """
        picked = []
        for gains in (self.prompts, self.shots, self.versions):
            options = [Other(gain - gains[0], self.option_discordance) for gain in gains[1:]]
            index = chosen(rng, sims, self.num_validation, self.p, options)
            picked.append(np.array(gains)[index])
        found = np.stack(picked, axis=1)
        found[:, :2] -= found[:, :2].max(axis=1, keepdims=True)
        return found


SHAPES = {
    "f1, even": ([0, 0.2, 0.4, 0.7, 1], [0.6, 0.07, 0.06, 0.04, 0.03], [0.07, 0.06, 0.04, 0.03]),
    "f1, gains": ([0, 0.2, 0.4, 0.7, 1], [0.7, 0.07, 0.06, 0.04, 0.03], [0.03, 0.03, 0.02, 0.02]),
    "rare losses": ([0, 0.1, 0.2, 0.8, 1], [0.6, 0.19, 0.17, 0, 0], [0, 0, 0.02, 0.02]),
    "rarest losses": ([0, 0.15, 1], [0.84, 0.14, 0], [0, 0.02]),
}
"""Differences of graded scores with many ties: sizes, shares of ties and gains, of losses."""

CONTINUOUS = ("even", "skewed", "two betas", "unbounded")


def differences(rng: Rng, shape: str, size: tuple[int, int]) -> tuple[NDArray[np.float64], float]:
    """Paired differences of graded scores, and their true mean."""
    if shape in SHAPES:
        sizes, ties_and_gains, losses = SHAPES[shape]
        values = np.array([*sizes, *(-value for value in sizes[1:])], dtype=float)
        shares = np.array([*ties_and_gains, *losses])
        return rng.choice(values, size=size, p=shares), float(values @ shares)
    if shape == "even":
        return np.clip(rng.normal(0, 0.25, size), -1, 1), 0.0
    if shape == "skewed":
        return 0.5 - rng.beta(1, 4, size), 0.3
    if shape == "two betas":
        return rng.beta(4, 1, size) - rng.beta(3, 1, size), 0.8 - 0.75
    if shape == "unbounded":
        return 1 - rng.exponential(1, size), 0.0
    raise ValueError(f"no shape {shape!r}")


def grouped(
    rng: Rng, num_groups: int, alike: float, wins: float, losses: float
) -> tuple[NDArray[np.float64], Counts]:
    """Differences of right-or-wrong scores in groups of about four, and each item's group.

    With probability `alike` an item does as its group does, else as itself.
    """
    groups = np.repeat(np.arange(num_groups), 1 + rng.poisson(3, num_groups))
    own, shared = rng.random(groups.size), rng.random(num_groups)[groups]
    u = np.where(rng.random(groups.size) < alike, shared, own)
    return (u < wins).astype(float) - ((u >= wins) & (u < wins + losses)), groups
