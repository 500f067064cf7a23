"""Text as it grows: nothing half is told, and all of it is told in the end."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.serving.backends.spelling import Spelling

TEXT = "The cat — “mat” é 你好 🙂 end.\n\nUser: more"


def decode(ids: Sequence[int]) -> str:
    return bytes(ids).decode("utf-8", "replace")


def told(text: str, stop: Sequence[str]) -> tuple[list[str], bool]:
    spelling = Spelling(decode, stop)
    parts = []
    for byte in text.encode():
        parts.append(spelling.add(byte))
        if spelling.is_stopped:
            return parts, True
    parts.append(spelling.end())
    return parts, spelling.is_stopped


def test_no_part_holds_half_a_character_and_together_they_are_the_text() -> None:
    parts, stopped = told(TEXT, ())
    assert "".join(parts) == TEXT
    assert not stopped
    assert not any("\ufffd" in part for part in parts)


def test_what_may_begin_a_stop_string_is_held_back_until_it_is_not() -> None:
    spelling = Spelling(decode, ["abc"])
    assert [spelling.add(byte) for byte in b"xaby"] == ["x", "", "", "aby"]
    assert [spelling.add(byte) for byte in b"ab"] == ["", ""]
    assert spelling.end() == "ab"
    assert not spelling.is_stopped


def test_a_half_character_at_the_end_is_told_as_what_it_is() -> None:
    parts, _ = told("x", ())
    spelling = Spelling(decode, ())
    assert [spelling.add(byte) for byte in "é".encode()[:1]] == [""]
    assert spelling.end() == "\ufffd"
    assert parts == ["x", ""]


@given(
    text=st.text(alphabet="abc\né🙂", max_size=30),
    stop=st.lists(st.text(alphabet="abc\né", min_size=1, max_size=3), max_size=4),
)
def test_the_text_ends_before_the_first_stop_string(text: str, stop: list[str]) -> None:
    parts, stopped = told(text, stop)
    ends = [text.find(s) + len(s.encode()) for s in stop if s in text]
    assert stopped == bool(ends)
    if not ends:
        assert "".join(parts) == text
        return
    # The stop string that is complete first ends it; of several at once the one that begins first.
    first = min(
        (len(text[: place + len(s)].encode()), place) for s in stop if (place := text.find(s)) >= 0
    )
    assert "".join(parts) == text[: first[1]]


@pytest.mark.parametrize("seed", range(3))
def test_streamed_text_is_what_the_tokenizer_decodes_at_once(seed: int) -> None:
    from whet.infer.prompts import decode_answer
    from whet.models.files import find_folder
    from whet.models.load import load_tokenizer

    tokenizer = load_tokenizer(find_folder("whet-nano"))
    drawn = random.Random(seed)
    text = "".join(
        drawn.choice([" the", "é", "你", "🙂", "\n", " a", "x", "  "]) for _ in range(60)
    )
    ids = tokenizer(text)["input_ids"]
    spelling = Spelling(lambda some: decode_answer(some, tokenizer), ())
    parts = [spelling.add(token) for token in ids] + [spelling.end()]
    assert "".join(parts) == decode_answer(ids, tokenizer) == text
