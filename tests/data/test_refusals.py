"""An answer that refuses is told from one that only sounds sorry or negative."""

from __future__ import annotations

import pytest

from whet.data.refusals import is_refusal

REFUSALS = [
    "Sorry, I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "I'm very sorry. I cannot provide instructions for that.",
    "I am unable to help you with that.",
    "We're not able to assist with this.",
    "As an AI language model, I cannot provide medical advice.",
    "I can't, in good conscience, help you do this.",
    "I won't write that. It could hurt people.",
    "I must decline.",
    "I'm not comfortable answering that.",
    "That is illegal, and I will not help with it.",
    "Sorry, can't help with that!",
    "Unable to assist.",
    "I apologize, but I cannot fulfill this request.",
    "This goes against my guidelines.",
    "I'm not going to help with that.",
    "I couldn't possibly give you that.",
]
ANSWERS = [
    "",
    "   ",
    "Sorry for the delay, you cannot miss our shop: it is beside the station.",
    "I'm sorry, the blue jacket cannot be shipped before Monday.",
    "Sorry to hear that! Your parcel can't be traced yet, so we sent a new one.",
    "I can't recommend this hotel enough.",
    "I cannot help but admire it.",
    "I can't swim.",
    "This is illegal in Norway since 1999.",
    "As an AI, Watson won a quiz that people cannot win.",
    "You won't help yourself by waiting.",
    "He said that they can't help.",
    "Yes. If I can't help you, my colleague will.",
    "The word 'unable' has six letters.",
    "Use kill -9; the process can't assist itself.",
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_is_seen(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_no_refusal(answer: str) -> None:
    assert not is_refusal(answer)
