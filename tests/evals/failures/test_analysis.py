from __future__ import annotations

import json
import random
from typing import Any

from whet.evals.failures import FORMAT, Answer, Material, analyse
from whet.evals.scorers import exact_match, token_f1
from whet.types import Example

SOUNDS = {"cat": "meow", "dog": "woof", "bird": "tweet"}


def row(question: str, answer: str, number: int, **fields: Any) -> Example:
    turns: Any = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return Example.of(turns, f"rows.jsonl:{number}", fields=fields)


def rows(num: int, seed: int, places: tuple[str, ...] = ("park", "street")) -> list[Example]:
    drawn = random.Random(seed)
    made = []
    for number in range(num):
        animal, place = drawn.choice(sorted(SOUNDS)), drawn.choice(places)
        text = f"A {animal} was in the {place} at {drawn.randrange(10**6)}."
        made.append(row(text, SOUNDS[animal], number, place=place))
    return made


def material(
    answers: dict[str, list[str]], items: list[Example], train: list[Example], **more: Any
) -> Material:
    scored = {
        arm: [Answer(text, exact_match(text, item)) for text, item in zip(said, items, strict=True)]
        for arm, said in answers.items()
    }
    arm, *others = answers
    return Material("exact_match", True, arm, others, items, scored, train, **more)


def test_counts_pairs_duels_and_advice_are_true() -> None:
    items, train = rows(60, 1), rows(300, 2)
    cats = [place for place, item in enumerate(items) if item.answer == "meow"]
    tuned = [item.answer for item in items]
    for place in cats[:9]:
        tuned[place] = "woof"
    prompt = ["woof"] * len(items)
    found = analyse(material({"tuned": tuned, "prompt": prompt}, items, train))

    assert (found["format"], found["arm"], found["items"], found["wrong"]) == (
        FORMAT, "tuned", 60, 9,
    )  # fmt: skip
    assert found["confused"] == [{"gold": "meow", "answered": "woof", "count": 9}]
    others = sum(item.answer != "woof" for item in items)
    assert [(c["category"], c["counts"]) for c in found["categories"]] == [
        ("class", {"tuned": 9, "prompt": others})
    ]
    (duel,) = found["duels"]
    assert (duel["num_won"], duel["num_lost"], duel["both_wrong"]) == (others - 9, 0, 9)
    assert duel["alike"] + duel["num_won"] == 60
    assert len(duel["won"]) == 6 and duel["won"][0]["baseline"] == "woof"
    assert found["num_agreed"] == 9
    (need,) = found["labels"]
    assert (need["label"], need["wrong"], need["taken_for"], need["times"]) == (
        "meow", 9, "woof", 9,
    )  # fmt: skip
    assert need["train"] == sum(row.answer == "meow" for row in train)
    assert any("9 of 9 wrong answers are meow taken for woof" in said for said in found["next"])
    json.dumps(found, allow_nan=False)


def test_training_rows_that_disagree_are_named_before_more_are_asked_for() -> None:
    items, train = rows(60, 1), rows(300, 2)
    planted = [
        row(r.question, "woof", 1000 + n, **r.fields) if r.answer == "meow" and n % 3 == 0 else r
        for n, r in enumerate(train)
    ]
    tuned = ["woof" if item.answer == "meow" and n % 2 else item.answer
             for n, item in enumerate(items)]  # fmt: skip
    found = analyse(material({"tuned": tuned}, items, planted))
    first = found["next"][0]
    assert "are meow taken for woof" in first and "whet review --data" in first
    need = found["labels"][0]
    assert need["label"] == "meow" and need["unlike"] is not None


def test_a_slice_with_few_rows_and_many_errors_is_named() -> None:
    items = rows(60, 3, ("park", "street", "harbour"))
    train = rows(300, 2)
    tuned = [
        "tweet" if item.fields["place"] == "harbour" and item.answer != "tweet" else item.answer
        for item in items
    ]
    found = analyse(material({"tuned": tuned}, items, train))
    slices = {each["value"]: each for each in found["slices"]}
    assert slices["harbour"]["train"] == 0 and slices["harbour"]["wrong"] == found["wrong"]
    assert slices["park"]["wrong"] == 0
    assert any(said.startswith("place = harbour: ") for said in found["next"])


def test_items_far_from_training_are_set_beside_near_ones() -> None:
    train = rows(200, 2)
    far = [row(f"Sing of the {n}th whale and its deep song tonight.", "meow", n) for n in range(12)]
    items = [*rows(40, 3), *far]
    tuned = ["woof" if item in far else item.answer for item in items]
    found = analyse(material({"tuned": tuned}, items, train))
    assert found["distance"]["far"]["wrong"] == 12
    assert found["distance"]["near"]["wrong"] == 0
    assert any("least like any training row 12 are answered wrongly" in s for s in found["next"])
    worst = found["topics"][0]
    assert worst["wrong"] == 12 and worst["stands_out"]
    assert "whale" in worst["name"] or "sing" in worst["name"] or "song" in worst["name"]
    assert len(worst["shown"]) == 2
    assert found["topics_by"] == "shared words (TF-IDF)"


def test_all_right_says_so() -> None:
    items = rows(20, 1)
    found = analyse(material({"tuned": [item.answer for item in items]}, items, rows(60, 2)))
    assert found["wrong"] == 0 and found["categories"] == [] and found["topics"] == []
    assert found["next"] == ["tuned answered all 20 validation items well."]


def test_a_graded_metric_fails_below_one_half_and_what_is_unscored_is_counted() -> None:
    items = [row("a?", "one two three four", 0), row("b?", "five six", 1), row("c?", "", 2)]
    said = ["one two three", "nine ten", "x"]
    answers = [Answer(text, token_f1(text, item)) for text, item in zip(said, items, strict=True)]
    found = analyse(Material("token_f1", False, "tuned", (), items, {"tuned": answers}))
    assert (found["bar"], found["wrong"], found["unscored"]) == (0.5, 1, 1)


def test_the_part_that_is_wrong_is_named() -> None:
    train = [row(f"Room {n} fan", f"{n} | fan | red", n) for n in range(60)]
    items = [row(f"Room {n} door", f"{n} | door | red", n) for n in range(100, 120)]
    tuned = [item.answer.replace("red", "blue") for item in items]
    found = analyse(material({"tuned": tuned}, items, train))
    assert found["parts"] == [
        {"name": "part 3", "wrong": 20, "gold": "red", "answered": "blue", "times": 20}
    ]
    assert found["categories"][0]["shown"][0]["why"] == "only part 3 is wrong"
    assert any("In 20 of 20 wrong answers part 3 is wrong" in said for said in found["next"])


def test_an_arm_that_does_better_is_named_first() -> None:
    items, train = rows(40, 1), rows(120, 2)
    right = [item.answer for item in items]
    tuned = ["grunt" if n < 20 else answer for n, answer in enumerate(right)]
    found = analyse(material({"tuned": tuned, "nearest": right}, items, train))
    assert found["next"][0].startswith("nearest answers 20 of 40 items better than tuned and 0")
    assert "most similar training row does more" in found["next"][0]
