"""How each arm asks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from whet.errors import DataError
from whet.evals.arms import (
    Arm,
    ArmKind,
    ask,
    fill,
    gets_context,
    nearest_answers,
    rag_context,
    training_row,
)
from whet.types import Example, Message


def _row(question: str, answer: str, system: str | None = None, **fields: str) -> Example:
    first: list[Message] = [{"role": "system", "content": system}] if system else []
    turns: list[Message] = [
        *first,
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return Example.of(turns, "data/test.jsonl:7", fields=fields)


ROWS = [_row("where is my card", "arrival"), _row("card lost", "lost"), _row("top up", "top_up")]
ITEM = _row("is my card lost", "gold answer", tone="brisk")
PROMPT = Arm("prompt", ArmKind.BASELINE, "Route it.")


def _similar(question: str, k: int) -> Sequence[Example]:
    return [ROWS[1], ROWS[0], ROWS[2]][:k]


def _passages(question: str, k: int) -> list[str]:
    return ["Cards\nLost cards are replaced.", "Fees"][:k]


def _said(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


def test_the_prompt_arm_is_system_prompt_and_question() -> None:
    assert _said(ask(PROMPT, ITEM)) == [("system", "Route it."), ("user", "is my card lost")]


def test_few_shot_shows_similar_rows_as_turns_the_most_similar_last() -> None:
    arm = Arm("few_shot", ArmKind.BASELINE, "Route it.", num_shots=2)
    assert _said(ask(arm, ITEM, similar=_similar)) == [
        ("system", "Route it."),
        ("user", "where is my card"),
        ("assistant", "arrival"),
        ("user", "card lost"),
        ("assistant", "lost"),
        ("user", "is my card lost"),
    ]


def test_rag_puts_numbered_passages_under_the_system_prompt() -> None:
    arm = Arm("rag", ArmKind.BASELINE, "Route it.", num_passages=2)
    (_, system), (_, question) = _said(ask(arm, ITEM, passages=_passages))
    assert system.startswith("Route it.\n\nPassages that may help:\n\n[1] Cards\nLost")
    assert "[2] Fees" in system and "say that you do not know" in system
    assert question == "is my card lost"


def test_a_closed_set_is_given_no_leave_to_abstain() -> None:
    assert "do not know" not in rag_context(["a"], abstain=False)
    assert rag_context([]) == ""


@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize("passages", [0, 2])
@pytest.mark.parametrize("prompt", [None, "Route it."])
def test_no_arm_ever_sees_the_gold_answer(shots: int, passages: int, prompt: str | None) -> None:
    arm = Arm("any", ArmKind.CANDIDATE, prompt, True, shots, passages)
    asked = ask(arm, ITEM, similar=_similar, passages=_passages)
    assert "gold answer" not in str(asked)
    assert asked[-1] == ITEM.prompt[-1]


def test_placeholders_are_filled_from_the_rows_fields() -> None:
    arm = Arm("prompt", ArmKind.BASELINE, "Be {{ tone }}; {{tone}}.")
    assert ask(arm, ITEM)[0]["content"] == "Be brisk; brisk."


def test_a_field_that_names_another_field_is_only_text() -> None:
    row = _row("q", "a", first="{{second}}", second="secret")
    assert fill("{{first}}", row) == "{{second}}"


def test_a_missing_field_is_an_error_with_row_and_field() -> None:
    with pytest.raises(DataError, match=r"data/test.jsonl:7: .*\{\{product\}\}.*it has: tone"):
        fill("{{product}} and {{tone}}", ITEM)


def test_a_row_with_another_system_message_is_an_error_with_the_choices() -> None:
    with pytest.raises(DataError, match=r"jsonl:7: .*own system message.*Leave out `prompt`"):
        ask(PROMPT, _row("q", "a", system="Be kind."))


def test_an_equal_system_message_is_said_once_and_without_a_prompt_it_stays() -> None:
    same = ask(PROMPT, _row("q", "a", system="Route it.\n"))
    assert _said(same) == [("system", "Route it."), ("user", "q")]
    own = ask(Arm("prompt", ArmKind.BASELINE), _row("q", "a", system="Be kind."))
    assert _said(own) == [("system", "Be kind."), ("user", "q")]


def test_training_rows_of_tuned_rag_are_what_the_arm_asks_and_the_answer() -> None:
    arm = Arm("tuned_rag", ArmKind.CANDIDATE, "Route it.", True, 0, 2)
    row = training_row(arm, ITEM, passages=_passages)
    assert list(row.messages[:-1]) == ask(arm, ITEM, passages=_passages)
    assert row.answer == "gold answer" and row.id == ITEM.id


def test_about_the_asked_share_of_rows_gets_passages_by_id_and_seed() -> None:
    ids = [f"{i:016x}" for i in range(4_000)]
    chosen = {name for name in ids if gets_context(name, share=0.5, seed=0)}
    assert 0.46 < len(chosen) / len(ids) < 0.54
    assert chosen == {name for name in reversed(ids) if gets_context(name, share=0.5, seed=0)}
    assert chosen != {name for name in ids if gets_context(name, share=0.5, seed=1)}
    assert not any(gets_context(name, share=0.0, seed=0) for name in ids)
    assert all(gets_context(name, share=1.0, seed=0) for name in ids)


def test_nearest_copies_the_answer_of_the_most_similar_row() -> None:
    assert nearest_answers([ITEM, ITEM], _similar) == ["lost", "lost"]
    assert nearest_answers([ITEM], lambda question, k: []) == [""]
