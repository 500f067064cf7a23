"""The table of a closed set, against scikit-learn."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import accuracy_score, f1_score

from whet.evals.confusion import OUTSIDE, confusion


def test_macro_f1_and_accuracy_equal_scikit_learns() -> None:
    draw = random.Random(0)
    golds = [draw.choice("aaabbc") for _ in range(300)]
    answers = [gold if draw.random() < 0.6 else draw.choice("abcd") for gold in golds]
    found = confusion(golds, answers)
    assert found.accuracy == pytest.approx(accuracy_score(golds, answers))
    expected = f1_score(golds, answers, labels=["a", "b", "c"], average="macro")
    assert found.macro_f1 == pytest.approx(expected)
    assert found.num_items == 300


def test_an_answer_that_is_no_label_is_outside_and_wrong() -> None:
    found = confusion(["yes", "no"], ["Yes.", "perhaps"], ["yes", "no"])
    assert found.counts == {("yes", "yes"): 1, ("no", OUTSIDE): 1}
    assert (found.num_outside, found.accuracy) == (1, 0.5)


def test_the_most_confused_pairs_come_first_then_by_name() -> None:
    found = confusion(list("aaabbc"), list("bbcaab"))
    assert found.most_confused(3) == [("a", "b", 2), ("b", "a", 2), ("a", "c", 1)]


def test_a_label_that_never_occurs_weighs_nothing_in_macro_f1() -> None:
    assert confusion(["a"], ["a"], ["a", "b"]).macro_f1 == 1.0


def test_no_item_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        confusion([], [])
