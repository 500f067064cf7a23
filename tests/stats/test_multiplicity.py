"""Holm over candidates, against the textbook procedure on p-values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whet.stats.multiplicity import holm


def _textbook(p_values: dict[str, float], level: float) -> set[str]:
    """Sort by p; reject while p_(i) < level / (m - i + 1); stop at the first that does not."""
    rejected = set()
    for index, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        if p_values[name] >= level / (len(p_values) - index):
            break
        rejected.add(name)
    return rejected


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 0.1), min_size=1))
def test_interval_wise_holm_rejects_what_holms_step_down_rejects(p: dict[str, float]) -> None:
    found = holm(list(p), lambda name, level: p[name] < level, 0.04)
    assert {name for name, decision in found.items() if decision.wins} == _textbook(p, 0.04)


def test_one_candidate_keeps_the_whole_level() -> None:
    assert holm(["tuned"], lambda *_: False, 0.04)["tuned"].level == 0.04


def test_a_second_candidate_is_read_at_the_whole_level_once_the_first_has_won() -> None:
    found = holm(["a", "b"], lambda name, level: name == "a", 0.04)
    assert (found["a"].wins, found["a"].level) == (True, 0.02)
    assert (found["b"].wins, found["b"].level) == (False, 0.04)


def test_nobody_to_decide_gives_no_decision() -> None:
    assert holm([], lambda *_: True, 0.04) == {}
