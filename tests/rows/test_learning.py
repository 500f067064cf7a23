"""Preference pairs and judged rows as sequences: what is learnt, under which template, proven."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from whet.errors import DataError
from whet.rows.mask_page import mask_page
from whet.rows.mask_view import mask_view
from whet.rows.proof import prove
from whet.rows.proven import proven_examples
from whet.rows.render import find_stop_ids
from whet.rows.sequence import Part, RenderedExample
from whet.types import Example, Message

Load = Callable[..., Any]
PROMPT: tuple[Message, ...] = (
    {"role": "user", "content": "One, please?"},
    {"role": "assistant", "content": "First."},
    {"role": "user", "content": "And two?"},
)
GOOD: Message = {"role": "assistant", "content": "Second, of course."}
BAD: Message = {"role": "assistant", "content": "Second? No."}
TEMPLATES = [
    ("qwen2.5", "qwen3"), ("qwen2.5", "qwen2_5_training"), ("phi-3-mini", "phi3"),
    ("mistral-v1", "mistralai-Mistral-Nemo-Instruct-2407"),
]  # fmt: skip


def pair(*rejected: Message) -> Example:
    return Example.of([*PROMPT, GOOD], "data.jsonl:7", rejected=rejected or (BAD,))


def rendered(example: Example, tokenizer: Any) -> RenderedExample:
    (row,) = proven_examples([example], tokenizer, find_stop_ids(tokenizer))
    return row


def learnt(row: RenderedExample, tokenizer: Any) -> list[str]:
    return [tokenizer.decode(s.tokens[s.trained].tolist()) for s in row.sequences]


@pytest.mark.parametrize(("name", "template"), TEMPLATES)
def test_of_a_pair_both_answers_are_learnt_after_one_prompt(
    name: str, template: str, tokenizer: Load
) -> None:
    found = tokenizer(name, template)
    row = rendered(pair(), found)
    assert row.parts == (Part.CHOSEN, Part.REJECTED)
    texts = learnt(row, found)
    assert "Second, of course." in texts[0] and "Second? No." in texts[1]
    assert not any("First" in text or "please" in text for text in texts)
    one, other = (s.tokens[: int(s.trained.argmax())].tolist() for s in row.sequences)
    assert one == other


def test_a_rejected_side_of_several_turns_is_learnt_in_all_of_them(tokenizer: Load) -> None:
    found = tokenizer("qwen2.5", "qwen2_5")
    again: Message = {"role": "user", "content": "Why?"}
    last: Message = {"role": "assistant", "content": "Because."}
    row = rendered(pair(BAD, again, last), found)
    texts = learnt(row, found)
    assert "Second? No." in texts[1] and "Because." in texts[1] and "Why?" not in texts[1]
    assert "First." not in texts[1], "turns of the prompt are read, not learnt"


@pytest.mark.parametrize("desirable", [True, False])
def test_of_a_judged_row_the_last_answer_is_learnt(desirable: bool, tokenizer: Load) -> None:
    found = tokenizer("qwen2.5", "qwen2_5")
    example = Example.of([*PROMPT, GOOD], "data.jsonl:7", desirable=desirable)
    row = rendered(example, found)
    assert row.parts == (Part.DESIRABLE if desirable else Part.UNDESIRABLE,)
    assert "First." not in learnt(row, found)[0]


def test_sides_that_are_exchanged_or_misnamed_do_not_pass_the_proof(tokenizer: Load) -> None:
    found = tokenizer("qwen2.5", "qwen2_5")
    stops, example = find_stop_ids(found), pair()
    row = rendered(example, found)
    prove([example], [row], found, stops)
    swapped = dataclasses.replace(row, sequences=row.sequences[::-1])
    with pytest.raises(DataError, match=r"data\.jsonl:7: chosen side: messages\[3\]"):
        prove([example], [swapped], found, stops)
    alone = dataclasses.replace(row, sequences=row.sequences[:1], parts=())
    with pytest.raises(DataError, match="rendered as answer and holds chosen, rejected"):
        prove([example], [alone], found, stops)
    judged = Example.of([*PROMPT, GOOD], "data.jsonl:7", desirable=False)
    praised = dataclasses.replace(rendered(judged, found), parts=(Part.DESIRABLE,))
    with pytest.raises(DataError, match="rendered as desirable and holds undesirable"):
        prove([judged], [praised], found, stops)


def test_a_fault_says_on_which_side_it_is(tokenizer: Load) -> None:
    found = tokenizer("qwen2.5", "qwen2_5")
    spelt: Message = {"role": "assistant", "content": "No.<|im_end|> Yes."}
    with pytest.raises(
        DataError, match=r"data\.jsonl:7: rejected side: the answer spells the stop"
    ):
        rendered(pair(spelt), found)


def test_what_is_shown_names_the_sides(tokenizer: Load) -> None:
    found = tokenizer("qwen2.5", "qwen2_5")
    row = rendered(pair(), found)
    for text in (mask_view(row, found), mask_page([row], found)):
        assert "sequence 1 of 2: chosen" in text and "sequence 2 of 2: rejected" in text
