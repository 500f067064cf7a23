"""What whet's verdict says of a world's answers. The one place that asks whet for a decision."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np

from truth.world import Counts, Other, Project, Rng, answers, wins_and_losses
from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.compare import Comparison
from whet.evals.gates import Gate
from whet.evals.verdict import decide
from whet.stats import paired_score
from whet.types import Outcome

CANDIDATES = ("tuned", "tuned_rag")


@lru_cache(maxsize=2_000_000)
def compared(wins: int, losses: int, n: int, level: float) -> Comparison:
    """The comparison of two arms with so many wins and losses.

    `tests/evals/test_error_rates.py` proves it equal to what whet makes of the items' scores.
    """
    found = paired_score(wins, losses, n, level)
    ends = (found.value, found.low, found.high)
    return Comparison("a", "b", "exact_match", *ends, level, found.method, n)


def passed(arms: tuple[str, ...]) -> list[Gate]:
    """The forgetting gate, held at pass for each."""
    return [Gate("forgetting", Outcome.PASS, "held at pass", arm=arm) for arm in arms]


def verdicts(
    counts: Counts, right: Counts, names: tuple[str, ...], *, margin: float, look: int = 1
) -> Counter[str]:
    """How often each verdict is given, from patterns of right and wrong by arm."""
    n, arms = int(counts[0].sum()), range(len(names))
    pairs = [(a, b) for a in arms for b in arms if a != b]
    columns = [column for a, b in pairs for column in wins_and_losses(counts, right, a, b)]
    tables = np.stack([*columns, *((counts @ right).T)], axis=1)
    rows, times = np.unique(tables, axis=0, return_counts=True)
    found: Counter[str] = Counter()
    gates = passed(tuple(name for name in names if name in CANDIDATES))
    for row, count in zip(rows.tolist(), times.tolist(), strict=True):
        of = {
            (names[a], names[b]): (row[2 * place], row[2 * place + 1])
            for place, (a, b) in enumerate(pairs)
        }
        values = row[2 * len(pairs) :]
        judged = [
            JudgedArm(
                name,
                ArmKind.CANDIDATE if name in CANDIDATES else ArmKind.BASELINE,
                value / n,
                uses_rag=name.endswith("rag"),
            )
            for name, value in zip(names, values, strict=True)
        ]

        def compare(a: str, b: str, level: float, of: dict = of) -> Comparison:  # type: ignore[type-arg]
            same = compared(*of[a, b], n, level)
            return Comparison(a, b, *(getattr(same, key) for key in FIELDS))

        verdict = decide(judged, compare, margin=margin, look=look, gates=gates)
        found[verdict.verdict.value] += count
    return found


FIELDS = ("metric", "difference", "low", "high", "level", "method", "n")


def project_verdicts(
    rng: Rng,
    project: Project,
    n: int,
    sims: int,
    *,
    gain: float,
    discordance: float,
    margin: float,
    rag_gain: float | None = None,
    others: tuple[float, ...] = (),
) -> Counter[str]:
    """Verdicts on projects that chose prompt, few-shot and candidate version on validation.

    The anchor is the best of the chosen baselines, and `gain` is over it. `tuned_rag` is a second
    candidate with its own gain; `others` are gains of further baselines over the anchor.
    """
    found: Counter[str] = Counter()
    choices, times = np.unique(project.choices(rng, sims), axis=0, return_counts=True)
    for (prompt, shots, version), count in zip(choices.tolist(), times.tolist(), strict=True):
        few_is_best = prompt < 0
        worse = prompt if few_is_best else shots
        names = ["few_shot", "prompt"] if few_is_best else ["prompt", "few_shot"]
        arms = [Other(worse, max(project.option_discordance, -worse))]
        for place, other in enumerate(others):
            names.append(f"other{place}")
            arms.append(Other(other, max(project.option_discordance, abs(other))))
        names.append("tuned")
        true = gain + version
        arms.append(Other(true, max(discordance, abs(true))))
        if rag_gain is not None:
            names.append("tuned_rag")
            arms.append(Other(rag_gain, max(discordance, abs(rag_gain))))
        counts, right = answers(rng, n, count, project.p, arms)
        found += verdicts(counts, right, tuple(names), margin=margin)
    return found
