"""The verdict's own error rates, from worlds with a known truth (scripts/error_rates.py).

Here each claim of docs/error_rates.md is made again, with fewer simulations: a limit is passed
only by more than what so few can err. The slow test makes the hardest cells again in full.
"""

from __future__ import annotations

import ast
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whet.evals.arms import ArmKind
from whet.evals.case import JudgedArm
from whet.evals.verdict import decide_from_scores

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.append(str(SCRIPTS))

from truth import coverage, harm, judged, real, wins, world  # noqa: E402

RNG = np.random.default_rng


def _limit(rate: float, sims: int) -> float:
    """A rate with three standard errors of its simulation."""
    return rate + 3 * math.sqrt(rate * (1 - rate) / sims)


def test_the_world_knows_nothing_of_whet() -> None:
    tree = ast.parse((SCRIPTS / "truth" / "world.py").read_text(encoding="utf-8"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    assert {(name or "").split(".")[0] for name in [*modules, *names]} == {
        "__future__",
        "dataclasses",
        "numpy",
    }


def test_arms_of_a_world_are_as_good_and_as_unlike_as_it_says() -> None:
    others = [world.Other(0.1, 0.3), world.Other(-0.05, 0.2)]
    counts, right = world.answers(RNG(0), 1_000, 400, 0.6, others)
    shares = counts.sum(axis=0) / counts.sum()
    assert shares @ right == pytest.approx([0.6, 0.7, 0.55], abs=0.005)
    unlike = [shares @ (right[:, 0] != right[:, arm]) for arm in (1, 2)]
    assert unlike == pytest.approx([0.3, 0.2], abs=0.005)
    with pytest.raises(ValueError, match="discordance"):
        world.cells(0.5, [world.Other(0.2, 0.1)])


def test_validation_chooses_the_better_option_more_often_not_always() -> None:
    options = [world.Other(-0.05, 0.1), world.Other(0.05, 0.1)]
    picked = np.bincount(world.chosen(RNG(0), 4_000, 100, 0.5, options), minlength=3) / 4_000
    assert picked[2] > 0.8 and picked[0] > 0.05 and picked[1] < picked[0]


def test_a_verdict_from_counts_is_the_one_from_scores() -> None:
    names = ("prompt", "few_shot", "tuned", "tuned_rag")
    others = [world.Other(-0.03, 0.1), world.Other(0.2, 0.3), world.Other(0.15, 0.3)]
    counts, right = world.answers(RNG(3), 120, 60, 0.5, others)
    for row in counts:
        scores = {
            name: [float(v) for v in np.repeat(right[:, place], row)]
            for place, name in enumerate(names)
        }
        kinds = [ArmKind.BASELINE, ArmKind.BASELINE, ArmKind.CANDIDATE, ArmKind.CANDIDATE]
        arms = [
            JudgedArm(name, kind, uses_rag=name.endswith("rag"))
            for name, kind in zip(names, kinds, strict=True)
        ]
        gates = judged.passed(judged.CANDIDATES)
        expected = decide_from_scores(arms, scores, metric="m", margin=0.02, look=1, gates=gates)
        found = judged.verdicts(row[None, :], right, names, margin=0.02)
        assert found == {expected.verdict.value: 1}


@pytest.mark.parametrize("gain", [0.0, 0.02])
@pytest.mark.parametrize(("n", "discordance"), [(80, 0.4), (500, 0.05)])
def test_without_a_gain_over_the_margin_hardly_anything_ships(
    n: int, discordance: float, gain: float
) -> None:
    sims = 3_000
    arms = [world.Other(gain, discordance)]
    counts, right = world.answers(RNG(1), n, sims, 0.55, arms)
    alone = judged.verdicts(counts, right, ("prompt", "tuned"), margin=gain)
    assert alone["ship"] / sims <= _limit(0.025, sims)
    ways = {"gain": gain, "discordance": discordance, "margin": 0.02, "rag_gain": gain}
    chosen = judged.project_verdicts(RNG(2), world.Project(), n, 800, **ways)
    assert (chosen["ship"] + chosen["ship_with_rag"]) / 800 <= _limit(0.025, 800)


@pytest.mark.parametrize("behind", [0.2, 0.0])
@pytest.mark.parametrize(("n", "discordance"), [(80, 0.05), (500, 0.2)])
def test_the_announced_gain_ships_about_nine_times_in_ten(
    n: int, discordance: float, behind: float
) -> None:
    row = wins._announced(RNG(4), 800, n, discordance, False, behind)
    assert 0.85 - 0.03 <= row["ship"] <= 0.95 + 0.025, row


def test_five_looks_without_a_gain_ship_in_at_most_one_of_twenty() -> None:
    arms = [world.Other(0.0, 0.2)] * wins.TRIES
    counts, right = world.answers(RNG(5), 160, 3_000, 0.55, arms)
    tries = [wins._shipped(counts, right, k + 1, 0.0) for k in range(wins.TRIES)]
    assert tries[0].mean() <= _limit(0.02, 3_000)
    assert np.logical_or.reduce(tries).mean() <= _limit(0.025, 3_000)


@pytest.mark.parametrize(
    "measure",
    [
        lambda rng, lost: harm.forgetting(rng, run="ticket-lines", harm=lost),
        lambda rng, lost: harm.refusals(rng, n=200, discordance=0.05, harm=lost),
        lambda rng, lost: harm.ability(rng, n=400, discordance=0.15, harm=lost),
        lambda rng, lost: harm.form(rng, n=500, wrong=lost),
        lambda rng, lost: harm.latency(rng, late=lost),
    ],
    ids=["forgetting", "refusals", "ability", "format", "latency"],
)
def test_harm_at_a_gates_margin_ships_rarely_and_at_twice_it_hardly_ever(measure: Any) -> None:
    at = harm._shipped(RNG(6), 250, lambda rng: measure(rng, 0.05))
    twice = harm._shipped(RNG(7), 250, lambda rng: measure(rng, 0.1))
    assert at["ship"] <= _limit(0.05, 250) and twice["ship"] <= _limit(0.01, 250)


def test_an_adapter_without_harm_passes_its_gates_together() -> None:
    row = harm._shipped(RNG(8), 200, lambda rng: harm.quiet(rng, n=200, discordance=0.02))
    assert row["ship"] >= 0.8


def test_pairs_are_covered_94_to_97_times_in_100_on_average() -> None:
    rows = list(coverage.pairs(RNG(9), 100, 1_500))
    mean = sum(row["coverage"] for row in rows) / len(rows)
    assert 0.94 <= mean <= 0.97 and min(row["coverage"] for row in rows) >= 0.925


@pytest.mark.slow
@pytest.mark.parametrize("n", wins.SIZES)
@pytest.mark.parametrize("discordance", wins.DISCORDANCES)
def test_no_gain_ships_in_at_most_three_of_a_hundred_in_full(n: int, discordance: float) -> None:
    sims = 20_000
    for margin in (0.0, 0.02):
        arms = [world.Other(margin, discordance)]
        counts, right = world.answers(RNG(10), n, sims, 0.55, arms)
        found = judged.verdicts(counts, right, ("prompt", "tuned"), margin=margin)
        assert found["ship"] / sims <= 0.025


@pytest.mark.slow
def test_stored_answers_swapped_at_random_ship_in_at_most_1_of_40(tmp_path: Path) -> None:
    """With the files of a run; docs/error_rates.md has the figures on Banking77's own answers."""
    drawn = RNG(12)
    for arm, share in (("tuned", 0.77), ("nearest", 0.72), ("prompt", 0.02)):
        rows = [
            {"gold": "a", "answer": "a" if right else "b"} for right in drawn.random(1_000) < share
        ]
        file = tmp_path / "samples" / f"{arm}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rows = list(real.real_null(RNG(11), 2_000, tmp_path))
    assert rows[0]["right"][0] > rows[0]["right"][1] > 0.5
    found = [row["ship"] for row in rows if row["kind"] == "real null"]
    assert len(found) == 4 and max(found) <= _limit(0.025, 2_000)
