"""Where two answers part: ties are told from faults, and both tokens are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whet.artifacts.parity.greedy import Parting, parting, same_text
from whet.engines.engine import Answer, Engine, Facts, Logprobs
from whet.types import Messages

STOP = 0
WORDS = ["<stop>", "a", "b", "c"]


class Spelling:
    """An engine that only writes tokens out."""

    name = "spelling"

    def spell(self, ids: Sequence[int]) -> str:
        return "".join(WORDS[token] for token in ids)

    def facts(self) -> Facts:
        raise NotImplementedError

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        raise NotImplementedError

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs | None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def said(*ids: int, stopped: bool = True, told: bool = True) -> Answer:
    text = "".join(WORDS[token] for token in ids)
    return Answer(text, stopped, (1,), ids if told else None)


def rows(*tops: tuple[int, float, int]) -> Logprobs:
    """A row for each (likeliest, its lead, the second)."""
    made = np.full((len(tops), len(WORDS)), -9.0, np.float32)
    for row, (first, lead, second) in zip(made, tops, strict=True):
        row[first], row[second] = -0.1, -0.1 - lead
    return made


def parted(
    a: Answer, b: Answer, la: Logprobs, lb: Logprobs | None, most: float = 1e-3
) -> Parting | None:
    engine: Engine = Spelling()
    return parting(engine, 7, a, b, la, lb, most)


LEADS = rows((1, 1.0, 2), (2, 0.001, 3), (STOP, 1.0, 1))


def test_equal_answers_do_not_part() -> None:
    assert parted(said(1, 2), said(1, 2), LEADS, LEADS) is None


def test_two_tokens_closer_than_twice_the_tolerance_are_a_tie() -> None:
    other = rows((1, 1.0, 2), (3, 0.0005, 2), (STOP, 1.0, 1))
    found = parted(said(1, 2), said(1, 3), LEADS, other)
    assert found is not None and found.tie and found.cause is None
    assert "prompt 7, after 1 tokens 'a': judged 'b' (-0.1" in found.told
    assert "exported 'c' (-0.1" in found.told and "0.001 apart" in found.told


def test_the_same_lead_is_a_fault_under_a_smaller_tolerance() -> None:
    other = rows((1, 1.0, 2), (3, 0.0005, 2), (STOP, 1.0, 1))
    found = parted(said(1, 2), said(1, 3), LEADS, other, most=1e-4)
    assert found is not None and not found.tie
    assert found.cause is not None and found.cause.what == "another answer"


def test_an_export_that_does_not_say_its_likeliest_token_is_not_greedy() -> None:
    found = parted(said(1, 2), said(2, 2), LEADS, LEADS)
    assert found is not None and found.cause is not None and found.cause.what == "not greedy"


def test_going_on_after_the_stop_token_is_named() -> None:
    found = parted(said(1, 2), said(1, 2, STOP, 3, stopped=False), LEADS, LEADS)
    assert found is not None and found.cause is not None
    assert found.cause.what == "dropped stop token" and "'<stop>' (0)" in found.cause.told


def test_ending_where_the_judged_model_goes_on_is_named() -> None:
    found = parted(said(1, 2), said(1), LEADS, LEADS)
    assert found is not None and found.cause is not None
    assert found.cause.what == "another stop token" and "ends at 'b'" in found.cause.told


def test_texts_alone_part_at_the_judged_token_and_ties_are_known_there() -> None:
    found = parted(said(1, 2), said(1, 3, told=False), LEADS, None)
    assert found is not None and found.tie and "'a': judged 'b', exported 'c'" in found.told
    clear = rows((1, 1.0, 2), (2, 1.0, 3), (STOP, 1.0, 1))
    found = parted(said(1, 2), said(1, 3, told=False), clear, None)
    assert found is not None and not found.tie


def test_text_that_goes_on_after_a_stop_is_named() -> None:
    found = parted(said(1, 2), said(1, 2, 3, stopped=False, told=False), LEADS, None)
    assert found is not None and found.cause is not None
    assert found.cause.what == "dropped stop token"


def test_a_leading_blank_and_half_a_character_are_no_difference() -> None:
    blank = Answer(" ab", True, (1,), (1, 2))
    assert parted(said(1, 2), blank, LEADS, LEADS) is None
    cut = Answer("ab\ufffd", False, (1,), (1, 2, 3))
    whole = Answer("ab", False, (1,), (1, 2, 3))
    assert parted(cut, whole, rows(*[(1, 1.0, 2)] * 4), None) is None


def test_the_same_tokens_written_otherwise_are_named() -> None:
    found = parted(said(1, 2), Answer("a<b>", True, (1,), (1, 2)), LEADS, LEADS)
    assert found is not None and found.cause is not None and found.cause.what == "another text"


def test_bytes_that_are_no_character_may_be_shown_otherwise_but_nothing_else() -> None:
    judged = Answer("woof\ufffd\ufffd\ufffd!", True, (1,), (1, 2))
    assert same_text(judged, Answer("woof\u07b5\ufffd!", True, (1,), (1, 2)))
    assert not same_text(judged, Answer("woof\u07b5\ufffd?", True, (1,), (1, 2)))
    assert not same_text(judged, Answer("woof\u07b5\ufffd!", True, (1,), (1, 3)))
    assert not same_text(judged, Answer("woof and much more!", True, (1,), (1, 2)))
