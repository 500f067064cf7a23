from __future__ import annotations

from typing import Any

import pytest

from whet.evals.failures import Answer, Category, Material
from whet.evals.failures.categories import RULES, Found, Wrong, categorise
from whet.evals.failures.habits import habits
from whet.evals.scorers import format_scorer
from whet.types import Example, FinishReason

LETTERS = (
    "Hi there, this is Mia. Your parcel with the books left our house on Monday and you will have"
    " it in the morning. Kind regards, the shop."
)


def row(question: str, answer: str, number: int = 0) -> Example:
    turns: Any = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return Example.of(turns, f"data/rows.jsonl:{number}")


def category(
    answer: str, gold: str, question: str = "Where is it?", train: list[Example] | None = None,
    given: str = "", finish: str = "stop", **more: Any,
) -> Found:  # fmt: skip
    item = row(question, gold)
    told = Answer(answer, 0.0, finish, given)
    material = Material(
        "exact_match", True, "tuned", (), [item], {"tuned": [told]}, train or [], **more
    )
    known = habits(material.train, material.choices)
    return categorise(Wrong(item, told, known, material))


LETTER_ROWS = [row(f"Order {n}?", LETTERS.replace("Monday", f"day {n}"), n) for n in range(40)]
LINE_ROWS = [row(f"Room {n}", f"{n} | fan | red | now", n) for n in range(100, 140)]


@pytest.mark.parametrize(
    ("expected", "answer", "gold", "more"),
    [
        (Category.EMPTY, " \n", "yes", {}),
        (Category.LOOP, "the cat and " * 30, "the cat", {"finish": FinishReason.LENGTH}),
        (Category.LOOP, "ha" * 40, "ha", {}),
        (Category.TRUNCATED, "Once upon a", "Once upon a time.", {"finish": FinishReason.LENGTH}),
        (Category.REFUSAL, "Sorry, I can't help with that.", "It is on its way.", {}),
        (Category.REFUSAL, "Take a hammer and", "I can't help with that.", {}),
        (
            Category.LANGUAGE,
            "Ihr Paket ist noch nicht da, aber es wird mit der Post in den n\u00e4chsten Tagen bei"
            " Ihnen sein.",
            LETTERS,
            {"train": LETTER_ROWS},
        ),
        (Category.PERSONA, "As an AI language model I see no parcels.", "It is on its way.", {}),
        (
            Category.PERSONA,
            "Your parcel with the books left our house. Kind regards, the shop.",
            LETTERS,
            {"train": LETTER_ROWS},
        ),
        (Category.FORMAT, "perhaps", "yes", {"choices": ("yes", "no")}),
        (Category.FORMAT, "101 | fan", "101 | fan | red | now", {"train": LINE_ROWS}),
        (Category.CLASS, "No.", "yes", {"choices": ("yes", "no")}),
        (Category.HALLUCINATION, "It costs 12.50.", "It is free.", {}),
        (Category.NEAR_MISS, "It is on his way.", "It is on its way.", {}),
        (
            Category.NEAR_MISS,
            "101 | fan | blue | now",
            "101 | fan | red | now",
            {"train": LINE_ROWS, "question": "Room 101"},
        ),
        (Category.OTHER, "Down the road.", "It is on its way.", {}),
    ],
)
def test_each_kind_of_wrong_answer_is_known(
    expected: Category, answer: str, gold: str, more: dict[str, Any]
) -> None:
    found = category(answer, gold, **more)
    assert found.category is expected, found
    assert bool(found.why) == (expected is not Category.OTHER)


def test_every_category_has_a_rule_and_the_rules_keep_the_stated_order() -> None:
    ruled = [category for category, _ in RULES]
    assert [*ruled, Category.OTHER] == list(Category)


def test_the_cause_comes_before_its_consequence() -> None:
    cut_off_loop = category("a b c d " * 9, "a b", finish=FinishReason.LENGTH)
    assert cut_off_loop.category is Category.LOOP
    refusal_outside_the_set = category(
        "I'm sorry, I cannot help with that.", "yes", choices=("yes", "no")
    )
    assert refusal_outside_the_set.category is Category.REFUSAL


def test_a_stated_form_is_held_against_the_answer() -> None:
    scorer = format_scorer(json_keys=["city"])
    found = category(
        "Berlin", '{"city": "Bonn"}', holds_form=lambda text, item: bool(scorer(text, item))
    )
    assert found == Found(Category.FORMAT, "breaks the stated form")


def test_what_was_given_is_not_invented() -> None:
    assert category("It costs 12.50.", "It is free.").category is Category.HALLUCINATION
    given = "Passages: the parcel costs 12.5 euros."
    assert category("It costs 12.50.", "It is free.", given=given).category is Category.OTHER
    asked = category("It costs 12.50.", "It is free.", question="Is it 12.50?")
    assert asked.category is Category.OTHER


def test_a_name_is_invented_only_where_training_answers_are_english_and_lack_it() -> None:
    answer = LETTERS.replace("left our house", "left with Gandalf our house")
    found = category(answer, LETTERS, train=LETTER_ROWS)
    assert found == Found(Category.HALLUCINATION, "states Gandalf")
    assert category("We sent Gandalf.", "It is on its way.").category is Category.OTHER


def test_a_model_that_is_taught_to_speak_of_itself_may() -> None:
    train = [row(f"{n}?", f"As an AI I answer {n} times. And then I stop.", n) for n in range(30)]
    found = category("As an AI I do not know this.", "It is on its way.", train=train)
    assert found.category is not Category.PERSONA


def test_a_list_number_is_no_invented_number() -> None:
    found = category("1. Look\n2. Ask", "It is on its way.")
    assert found.category is Category.OTHER


def test_an_order_of_thousands_reads_as_one_number() -> None:
    assert category("1,200.00", "twelve hundred", question="1200").category is Category.OTHER
