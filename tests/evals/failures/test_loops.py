from __future__ import annotations

import pytest

from whet.evals.failures.loops import loop


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("yes yes yes yes yes yes yes yes", "yes"),
        ("First this. " + "and so on " * 6, "and so on"),
        ("First this. " + "and so on " * 6 + "and s", "and so on"),
        ("x" + "ab" * 30, "ab"),
        ("\u3042\u3044" * 20, "\u3042\u3044"),
    ],
)
def test_what_repeats_to_the_end_is_found(text: str, unit: str) -> None:
    assert sorted(loop(text)) == sorted(unit)


@pytest.mark.parametrize(
    "text",
    ["", "no", "ha ha ha", "a b a b a b and then it ends", "1 2 3 4 5 6 7 8 9 10 11 12", "-----"],
)
def test_what_does_not_is_no_loop(text: str) -> None:
    assert loop(text) == ""
