"""Facts of answers against a truth: the rule, its limits, and how often it errs."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.evals.scorers.grounding.facts import FactKind, facts, sentences
from whet.evals.scorers.grounding.faithfulness import (
    Status,
    check_facts,
    corpus_facts,
    faithfulness,
    no_hallucination,
)

TRUTH = "The Blue Spice is a pub near Crown Hall. A meal there costs 20 pounds."


def _statuses(answer: str, question: str = "") -> dict[str, str]:
    return {c.fact.text: c.status.value for c in check_facts(answer, TRUTH, question)}


def test_facts_are_numbers_names_and_quotes() -> None:
    text = 'The Blue Spice has 12 tables. Ask for "table nine" at Crown Hall, or three chairs.'
    found = [(fact.kind, fact.text) for fact in facts(text)]
    assert found == [
        (FactKind.NUMBER, "12"),
        (FactKind.NAME, "Blue Spice"),
        (FactKind.QUOTE, "table nine"),
        (FactKind.NUMBER, "nine"),
        (FactKind.NUMBER, "three"),
        (FactKind.NAME, "Crown Hall"),
    ]


def test_sentences_end_at_marks_and_lines_and_not_within_numbers() -> None:
    assert sentences("It is 3.5 km. Then left.\n- and on") == [
        "It is 3.5 km.",
        "Then left.",
        "- and on",
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A meal costs 20 pounds.", {"20": "supported"}),
        ("A meal costs 20.0 pounds.", {"20.0": "supported"}),
        ("A meal costs twenty pounds.", {"twenty": "supported"}),
        ("A meal costs 30 pounds.", {"30": "contradicted"}),
        ("It opens at 9.", {"9": "absent"}),
        ("A pub near Crown Hall.", {"Crown Hall": "supported"}),
        ("It is a pub near Clare Hall.", {"Clare Hall": "absent"}),
        ("The Blue Spice's food", {"Blue Spice's": "supported"}),
        ("It is nice.", {}),
    ],
)
def test_a_fact_is_supported_contradicted_or_absent(answer: str, expected: dict[str, str]) -> None:
    assert _statuses(answer) == expected


def test_what_the_question_gave_is_no_claim_unless_the_truth_holds_it_too() -> None:
    assert _statuses("No, not at 9.", question="Is it open at 9?") == {}
    assert _statuses("Yes, 20.", question="Does it cost 20?") == {"20": "supported"}


@pytest.mark.parametrize(
    "answer",
    [
        "A meal there does not cost 20 pounds.",  # negation
        "Crown Hall is a pub near the Blue Spice.",  # who is near whom
        "Fitzbillies is a pub.",  # a single capitalised word that begins a sentence
        "The meal is delicious.",  # no number, name or quote
    ],
)
def test_what_the_rule_does_not_see(answer: str) -> None:
    assert all(c.status is Status.SUPPORTED for c in check_facts(answer, TRUTH))


def test_scores_of_an_answer(item: Callable[..., Any]) -> None:
    graded, clean = faithfulness(lambda _: TRUTH), no_hallucination(lambda _: TRUTH)
    half = "A meal costs 20 pounds. It opens at 9."
    assert graded(half, item("x")) == 0.5 and clean(half, item("x")) == 0.0
    assert graded("Nice.", item("x")) is None and clean("Nice.", item("x")) == 1.0
    assert faithfulness(lambda _: " ")(half, item("x")) is None
    assert no_hallucination(lambda _: "")(half, item("x")) is None
    told = corpus_facts([half, "Nice."], [item("x"), item("y")], lambda _: TRUTH)
    assert told == {"supported": 1, "contradicted": 0, "absent": 1, "items_without_truth": 0}


def test_a_judge_may_take_the_rules_place(item: Callable[..., Any]) -> None:
    asked: list[str] = []

    def judge(fact: Any, truth: str) -> Status:
        asked.append(fact.text)
        return Status.SUPPORTED

    assert faithfulness(lambda _: TRUTH, judge)("It opens at 9.", item("x")) == 1.0
    assert asked == ["9"]


def test_its_error_on_real_answers_and_on_planted_ones(test_data: Path) -> None:
    """E2E: people's answers to a meaning representation, and the same with one fact changed.

    The figures of docs/metrics.md. Some of what is flagged among people's answers is indeed not
    in the representation ("British" for English, "Crown Plaza"): the rate is an upper bound.
    """
    with (test_data / "datasets/e2e_nlg/devset.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    drawn = random.Random(0)
    names = sorted(
        {m[1] for row in rows for m in re.finditer(r"(?:name|near)\[(.*?)\]", row["mr"])}
    )
    clean, renamed, swapped, priced = [], [], [], []
    for row in drawn.sample(rows, 1000):
        truth, answer = row["mr"], row["ref"]
        clean.append(_is_clean(answer, truth))
        name = re.search(r"name\[(.*?)\]", truth)
        if name and name[1] in answer:
            other = drawn.choice([n for n in names if n not in truth])
            renamed.append(_is_clean(answer.replace(name[1], other), truth))
        near = re.search(r"near\[(.*?)\]", truth)
        if near and near[1] in answer:
            other = drawn.choice([name for name in names if name not in truth])
            swapped.append(_is_clean(answer.replace(near[1], other), truth))
        price = re.search(r"\u00a3(\d+)", answer)
        if price:
            wrong = answer.replace(price[1], str(int(price[1]) + 7), 1)
            priced.append(_is_clean(wrong, truth))
    kinds = (clean, renamed, swapped, priced)
    rates = [1 - sum(rows) / len(rows) for rows in kinds]
    print(f"flagged: {rates} of {[len(rows) for rows in kinds]}")
    assert rates[0] < 0.10 and rates[1] > 0.8 and rates[2] > 0.9 and rates[3] == 1.0


def _is_clean(answer: str, truth: str) -> bool:
    return all(c.status is Status.SUPPORTED for c in check_facts(answer, truth))
