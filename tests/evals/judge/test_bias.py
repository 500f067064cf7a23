"""A judge with known leanings is measured to have them, within the error of simulation."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from whet.evals.judge.bias import PairJudged, first_shown_rate, flip_rate, lengths
from whet.evals.judge.length_control import controlled_preference

Judge = Callable[[float, float, int, int, random.Random], str]
"""(quality first, quality second, words first, words second, chance) -> A, B or tie."""


def judged(judge: Judge, n: int, gap: float = 0.0, more_words: int = 0) -> list[PairJudged]:
    """n items whose answers of a are better by `gap` and longer by `more_words` on average."""
    drawn = random.Random(11)
    pairs = []
    for number in range(n):
        a, b = drawn.gauss(gap, 1), drawn.gauss(0, 1)
        long_a, long_b = drawn.randint(20, 120) + more_words, drawn.randint(20, 120)
        forward = judge(a, b, long_a, long_b, drawn)
        backward = judge(b, a, long_b, long_a, drawn)
        pairs.append(PairJudged(str(number), forward, backward, long_a, long_b))
    return pairs


def fair(first: float, second: float, *_: object) -> str:
    return "A" if first > second else "B"


def leaning(share: float) -> Judge:
    """Takes the first answer in this share of its verdicts, and is fair in the others."""

    def judge(first: float, second: float, _a: int, _b: int, drawn: random.Random) -> str:
        return "A" if drawn.random() < share else fair(first, second)

    return judge


def loving_length(weight: float) -> Judge:
    """A logistic judge: quality counts 1, and the length as the regression has it `weight`."""

    def judge(first: float, second: float, a: int, b: int, drawn: random.Random) -> str:
        odds = first - second + weight * math.tanh((a - b) / 42)
        return "A" if drawn.random() < 1 / (1 + math.exp(-odds)) else "B"

    return judge


def test_a_fair_judge_shows_no_leaning() -> None:
    pairs = judged(fair, 500)
    rate, first, size = flip_rate(pairs), first_shown_rate(pairs), lengths(pairs)
    assert rate is not None and rate.value == 0
    assert first is not None and first.value == 0.5
    assert size.longer is not None and size.longer.low is not None and size.longer.low < 0.5
    assert size.longer.high is not None and size.longer.high > 0.5


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_a_known_leaning_to_the_first_answer_is_measured(share: float) -> None:
    n = 4000
    pairs = judged(leaning(share), n)
    # The orders differ where the leaning makes one of them take the worse answer: in the order that
    # shows the worse one first, with probability `share`.
    rate = flip_rate(pairs)
    assert rate is not None and rate.low is not None and rate.high is not None
    assert rate.value == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / n))
    assert rate.low <= share <= rate.high
    # Of two verdicts on an item the one that shows the better first always takes the first.
    first = first_shown_rate(pairs)
    assert first is not None and first.low is not None and first.high is not None
    assert first.low <= (1 + share) / 2 <= first.high
    assert all(pair.preference == 0 for pair in pairs if pair.flipped)


def test_a_judge_that_always_takes_the_first_gives_nothing_but_ties() -> None:
    pairs = judged(leaning(1.0), 100)
    assert {pair.preference for pair in pairs} == {0.0}
    rate = flip_rate(pairs)
    assert rate is not None and rate.value == 1.0


def test_a_known_leaning_to_length_is_measured_and_taken_out() -> None:
    # Equal quality, a longer by 40 words: all of the preference is length.
    pairs = judged(loving_length(2.0), 3000, more_words=40)
    plain = sum(pair.preference or 0 for pair in pairs) / len(pairs)
    controlled, note = controlled_preference(pairs)
    size = lengths(pairs)
    assert plain > 0.2
    assert note == "" and controlled is not None
    assert controlled.low is not None and controlled.high is not None
    assert controlled.low <= 0.0 <= controlled.high
    assert size.longer is not None and size.longer.low is not None and size.longer.low > 0.6
    assert size.preferred is not None and size.other is not None
    assert size.preferred > size.other + 10


def test_a_gain_that_is_no_length_stays() -> None:
    pairs = judged(loving_length(0.0), 3000, gap=1.0, more_words=40)
    plain = sum(pair.preference or 0 for pair in pairs) / len(pairs)
    controlled, _ = controlled_preference(pairs)
    assert controlled is not None and controlled.low is not None and controlled.high is not None
    assert controlled.low <= plain <= controlled.high
    assert controlled.high - controlled.low < 0.2


def test_the_interval_of_the_controlled_preference_covers_as_it_says() -> None:
    drawn, covered, times = random.Random(3), 0, 300
    truth = math.tanh(0.5 / 2)
    for _ in range(times):
        pairs = []
        for number in range(150):
            a, b = drawn.randint(20, 120), drawn.randint(20, 120)
            # With s about 41 this is close to the model that is fitted.
            odds = 0.5 + 1.5 * math.tanh((a - b) / 41)
            word = "A" if drawn.random() < 1 / (1 + math.exp(-odds)) else "B"
            other = {"A": "B", "B": "A"}[word]
            pairs.append(PairJudged(str(number), word, other, a, b))
        found, _ = controlled_preference(pairs)
        assert found is not None and found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / times <= 0.985


def test_where_length_cannot_be_told_apart_it_says_why() -> None:
    few = [PairJudged("1", "A", "B", 3, 2)] * 5
    assert controlled_preference(few) == (None, "fewer than 20 judged pairs")
    equal = [PairJudged(str(n), "A", "B", 3, 3) for n in range(30)]
    assert controlled_preference(equal) == (None, "all answers are equally long")
    parted = [PairJudged(str(n), *("AB" if n % 2 else "BA"), 10 + n % 2 * 5, 12) for n in range(60)]
    found, note = controlled_preference(parted)
    assert found is None and "told apart" in note


def test_an_unscored_order_makes_the_item_unscored_and_not_a_tie() -> None:
    pair = PairJudged("1", "A", None, 3, 4)
    assert (pair.preference, pair.flipped) == (None, None)
    assert flip_rate([pair]) is None and first_shown_rate([pair]) is None


def test_equal_answers_are_a_tie_and_say_nothing_of_the_judge() -> None:
    pair = PairJudged("1", "tie", "tie", 3, 3, same=True)
    assert (pair.preference, pair.flipped) == (0.0, None)
    assert flip_rate([pair]) is None
