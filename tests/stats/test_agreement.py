"""Kappa and alpha: against scikit-learn and published tables; what their intervals hold."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from whet.stats.agreement import cohen_kappa, krippendorff_alpha
from whet.types import Interval

# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section E: four observers.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
UNITS = [
    [None if label == "." else int(label) for label in unit]
    for unit in zip(*(row.split() for row in OBSERVERS), strict=True)
]


def _pairs(n: int, seed: int, same: float = 0.6) -> tuple[list[int], list[int]]:
    rng = np.random.default_rng(seed)
    first = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    second = np.where(rng.random(n) < same, first, rng.choice(4, n))
    return first.tolist(), second.tolist()


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(4))
def test_kappa_equals_scikit_learns(weights: str | None, seed: int) -> None:
    first, second = _pairs(120, seed)
    found = cohen_kappa(first, second, weights=weights, order=range(4), resamples=200)  # type: ignore[arg-type]
    assert found is not None
    expected = cohen_kappa_score(first, second, weights=weights, labels=range(4))
    assert found.value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_with_missing_labels_is_the_published_one(scale: str, published: float) -> None:
    found = krippendorff_alpha(UNITS, scale=scale)  # type: ignore[arg-type]
    assert found is not None
    assert found.value == pytest.approx(published, abs=6e-4)
    assert found.n == 11, "the item that one observer alone labelled says nothing"


def test_alpha_of_two_observers_is_the_published_one() -> None:
    # Krippendorff 2011, section A.
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    found = krippendorff_alpha(list(zip(first, second, strict=True)))
    assert found is not None and found.value == pytest.approx(0.095, abs=6e-4)


def test_alpha_nominal_is_kappa_with_pooled_margins_and_a_small_sample_term() -> None:
    first, second = _pairs(200, 7)
    found = krippendorff_alpha(list(zip(first, second, strict=True)), resamples=200)
    pooled = np.bincount(first + second, minlength=4)
    chance = 1 - (pooled * (pooled - 1)).sum() / (400 * 399)
    observed = np.mean(np.array(first) != np.array(second))
    assert found is not None and found.value == pytest.approx(1 - observed / chance)


def test_labels_may_be_words_and_order_of_items_and_raters_changes_nothing() -> None:
    words = ["bad", "fair", "good", "poor"]
    first, second = _pairs(90, 3)
    order = list(range(90))
    random.Random(0).shuffle(order)
    plain = cohen_kappa(first, second, resamples=2_000)
    moved = cohen_kappa([second[i] for i in order], [first[i] for i in order], resamples=2_000)
    named = krippendorff_alpha([(words[a], words[b]) for a, b in zip(first, second, strict=True)])
    alpha = krippendorff_alpha(list(zip(second, first, strict=True)))
    assert plain is not None and moved is not None and named is not None and alpha is not None
    assert moved.value == pytest.approx(plain.value)
    assert _ends(moved) == pytest.approx(_ends(plain), abs=0.02)
    assert named.value == pytest.approx(alpha.value)


def test_an_item_that_a_rater_left_out_is_not_counted() -> None:
    found = cohen_kappa([1, 0, None, 1], [1, 0, 1, None])
    assert found is not None and found.n == 2


def test_one_label_throughout_has_no_agreement_beyond_chance_to_speak_of() -> None:
    assert cohen_kappa(["a"] * 10, ["a"] * 10) is None
    assert krippendorff_alpha([("a", "a")] * 10) is None
    assert cohen_kappa([None], ["a"]) is None
    assert krippendorff_alpha([("a", None)]) is None


def test_ten_equal_labels_do_not_prove_full_agreement() -> None:
    few = cohen_kappa([1, 0] * 5, [1, 0] * 5)
    many = cohen_kappa([1, 0] * 500, [1, 0] * 500)
    assert few is not None and many is not None and few.method == "kappa-sparse"
    assert few.value == 1.0 and _ends(few)[0] < 0.5
    assert _ends(many)[0] > 0.98


def test_wrong_orders_and_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        cohen_kappa(["a", "b"], ["a", "c"], order=["a", "b"])
    with pytest.raises(ValueError, match="numbers"):
        krippendorff_alpha([("a", "b"), ("a", "a")], scale="interval")


@pytest.mark.parametrize("measure", ["kappa", "alpha"])
def test_the_interval_holds_the_true_agreement_about_as_often_as_it_says(measure: str) -> None:
    # Two labels at 0.7 and 0.3; both raters see the same with probability 0.8, else guess alike.
    rng, draws, held, truth = np.random.default_rng(5), 600, 0, 0.8
    for _ in range(draws):
        first = rng.random(100) < 0.3
        second = np.where(rng.random(100) < truth, first, rng.random(100) < 0.3)
        if measure == "kappa":
            found = cohen_kappa(first.tolist(), second.tolist(), resamples=1_000)
        else:
            pairs = list(zip(first.tolist(), second.tolist(), strict=True))
            found = krippendorff_alpha(pairs, resamples=1_000)
        assert found is not None
        low, high = _ends(found)
        held += low <= truth <= high
    assert 0.93 <= held / draws <= 0.99


def _ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None and found.high is not None
    return found.low, found.high
