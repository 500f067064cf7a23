from __future__ import annotations

import pytest

from whet.evals.judge.parsing import Malformed, parse_pair, parse_score
from whet.types import FinishReason

GOOD = '{"reason": "It is right.", "score": 4}'

MALFORMED = {
    "an empty answer": ("", Malformed.EMPTY),
    "white space alone": (" \n\t", Malformed.EMPTY),
    "prose only": ("I would give this answer a 4 out of 5.", Malformed.PROSE),
    "prose before the verdict": (f"Here it is: {GOOD}", Malformed.PROSE),
    "prose after the verdict": (f"{GOOD} I hope this helps.", Malformed.PROSE),
    "a bare number": ("4", Malformed.NOT_AN_OBJECT),
    "junk in a fence": ("```json\nscore: 4\n```", Malformed.BROKEN_FENCE),
    "a fence that does not end": (f"```json\n{GOOD}", Malformed.BROKEN_FENCE),
    "a fence with prose around it": (f"Sure!\n```json\n{GOOD}\n```", Malformed.BROKEN_FENCE),
    "two fences": (f"```json\n{GOOD}\n```\n```json\n{GOOD}\n```", Malformed.SEVERAL),
    "truncated JSON": ('{"reason": "It is', Malformed.TRUNCATED),
    "truncated after the reason": ('{"reason": "It is right.", "sco', Malformed.TRUNCATED),
    "broken JSON": ("{'reason': 'right', 'score': 4}", Malformed.BROKEN_JSON),
    "a wrong key": ('{"reason": "right", "rating": 4}', Malformed.WRONG_KEY),
    "a missing reason": ('{"score": 4}', Malformed.WRONG_KEY),
    "a key too many": ('{"reason": "", "score": 4, "also": 5}', Malformed.WRONG_KEY),
    "a score above the scale": ('{"reason": "", "score": 6}', Malformed.OUT_OF_RANGE),
    "a score below the scale": ('{"reason": "", "score": 0}', Malformed.OUT_OF_RANGE),
    "a negative score": ('{"reason": "", "score": -4}', Malformed.OUT_OF_RANGE),
    "NaN": ('{"reason": "", "score": NaN}', Malformed.NOT_A_NUMBER),
    "infinity": ('{"reason": "", "score": Infinity}', Malformed.NOT_A_NUMBER),
    "a number beyond numbers": ('{"reason": "", "score": 1e999}', Malformed.NOT_A_NUMBER),
    "two verdicts": (f"{GOOD}\n{GOOD}", Malformed.SEVERAL),
    "two verdicts in a list": (f"[{GOOD}, {GOOD}]", Malformed.NOT_AN_OBJECT),
    "a number as text": ('{"reason": "", "score": "4"}', Malformed.WRONG_TYPE),
    "a fraction": ('{"reason": "", "score": 3.5}', Malformed.WRONG_TYPE),
    "true": ('{"reason": "", "score": true}', Malformed.WRONG_TYPE),
    "null": ('{"reason": "", "score": null}', Malformed.WRONG_TYPE),
    "an object as score": ('{"reason": "", "score": {"value": 4}}', Malformed.WRONG_TYPE),
    "a list as reason": ('{"reason": ["right"], "score": 4}', Malformed.WRONG_TYPE),
    "a refusal": ("I'm sorry, but I can't help with that.", Malformed.REFUSAL),
    "thoughts alone": ("<think>4 or 5?</think>", Malformed.EMPTY),
    "thoughts without an end": (f"<think>{GOOD}", Malformed.PROSE),
    "a duplicate key": ('{"reason": "", "score": 2, "score": 4}', Malformed.DUPLICATE_KEY),
    "deep nesting": ("[" * 200 + "]" * 200, Malformed.BROKEN_JSON),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_answer_is_unscored_and_named(name: str) -> None:
    text, fault = MALFORMED[name]
    found = parse_score(text, 5)
    assert found.value is None
    assert found.fault is fault
    paired = parse_pair(text.replace('"score"', '"better"'))
    assert paired.value is None, "never a tie"
    assert paired.fault is not None


@pytest.mark.parametrize("text", [GOOD, f"  {GOOD}\n", f"```json\n{GOOD}\n```", f"```\n{GOOD}```",
                                  f"<think>\nScore 2?\n</think>\n\n{GOOD}"])  # fmt: skip
def test_a_verdict_is_read_with_or_without_one_fence_or_thoughts(text: str) -> None:
    found = parse_score(text, 5)
    assert (found.value, found.reason, found.fault) == (4, "It is right.", None)


def test_a_reason_may_quote_a_fence() -> None:
    assert parse_score('{"reason": "It lacks ```json.", "score": 2}', 5).value == 2


@pytest.mark.parametrize("score", [1, 5, 10])
def test_both_ends_of_the_scale_are_scores(score: int) -> None:
    found = parse_score(f'{{"score": {score}, "reason": ""}}', 10)
    assert found.value == score


@pytest.mark.parametrize("word", ["A", "B", "tie"])
def test_a_preference_is_read(word: str) -> None:
    assert parse_pair(f'{{"reason": "", "better": "{word}"}}').value == word


@pytest.mark.parametrize("word", ['"a"', '"C"', '"both"', '"A is better"', "1", "null", "[]"])
def test_another_word_is_no_preference(word: str) -> None:
    found = parse_pair(f'{{"reason": "", "better": {word}}}')
    assert found.value is None
    assert found.fault in (Malformed.OUT_OF_RANGE, Malformed.WRONG_TYPE)


def test_an_answer_that_ran_out_of_tokens_is_cut_off() -> None:
    text = '{"reason": "long" "'
    assert parse_score(text, 5).fault is Malformed.BROKEN_JSON
    assert parse_score(text, 5, FinishReason.LENGTH).fault is Malformed.TRUNCATED
