from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.reporting.inert import cut, line, pieces, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2066b\u200b\ufeff", "a\\u2066b\\u200b\\ufeff"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("bell\x07 nul\x00 over\rwritten", "bell\\x07 nul\\x00 over\\x0dwritten"),
    ],
)
def test_what_hides_or_reorders_text_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


SCRIPTS = (
    "Zoë’s café",
    "日本語\u3000全角",
    "نمی\u200cخواهم",
    "שלום",
    "👩\u200d👧",
    "नमस्ते",
    "a\u00a0b",
    "1\n2\t3",
)


@pytest.mark.parametrize("text", SCRIPTS)
def test_letters_of_every_script_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_a_pile_of_marks_is_counted_instead_of_drawn() -> None:
    assert visible("e" + "\u0301" * 60 + "x") == "e" + "\u0301" * 4 + "[+56 marks]x"
    assert visible("e" + "\u0301" * 5) == "e" + "\u0301" * 4 + "[+1 marks]"


def test_pieces_tell_escapes_from_text_that_looks_like_one() -> None:
    assert list(pieces("\\x1b\x1b!")) == [("\\x1b", False), ("\\x1b", True), ("!", False)]


def test_a_long_text_is_cut_with_the_count_of_what_is_left_out() -> None:
    assert cut("A" * 1_000_000, 10) == "A" * 10 + " ... [999,990 more characters]"
    assert cut("a\n" * 50, 1000, lines=2) == "a\na ... [97 more characters]"
    assert cut("short", 10, lines=1) == "short"


@given(st.text(st.characters(exclude_categories=())))
def test_no_line_moves_the_cursor_or_hides_text(text: str) -> None:
    assert not any(
        unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in "\u202e\u2066\u200b\ufeff"
        for c in line(text)
    )
