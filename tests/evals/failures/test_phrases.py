from __future__ import annotations

from whet.evals.failures.phrases import Phrase, phrases


def test_what_tells_wrong_items_from_the_others_is_found_with_its_training_rows() -> None:
    urgent = [f"The fan in room {n} is broken, please come at once." for n in range(8)]
    calm = [f"The fan in room {n} is broken, please come at lunch." for n in range(60)]
    train = ["Please come at once!", "Please come at lunch."] * 5
    assert phrases([*urgent, *calm], list(range(8)), train) == [
        Phrase("please come at once"[7:], 8, 8, 5)
    ]


def test_what_may_be_chance_is_not_told() -> None:
    questions = [f"word{n % 7} stands here" for n in range(40)]
    assert phrases(questions, [0, 9, 18, 27], []) == []
    assert phrases([], [], []) == []


def test_one_cause_is_told_once() -> None:
    questions = ["alpha beta gamma", "alpha delta gamma"] * 10 + ["other words"] * 60
    found = phrases(questions, list(range(20)), [])
    assert [(each.wrong, each.items) for each in found] == [(20, 20)]
