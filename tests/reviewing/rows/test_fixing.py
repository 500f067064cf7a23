from __future__ import annotations

import pytest

from whet.reviewing.rows.fixing import UnfitRow, fixed
from whet.types import Example


def row() -> Example:
    return Example.of(
        [{"role": "system", "content": "Be brief."},
         {"role": "user", "content": "Is it open?"},
         {"role": "assistant", "content": "Yes."}],
        "a.csv:2", "shop-1", {"answer": "Yes.", "channel": "mail", "stars": 4},
    )  # fmt: skip


def test_a_fix_changes_the_turn_and_nothing_else() -> None:
    made, edits = fixed(row(), {2: "Yes, until five."})

    assert made.answer == "Yes, until five."
    assert made.fields == {"answer": "Yes, until five.", "channel": "mail", "stars": 4}
    assert (made.group, made.source, made.system) == ("shop-1", "a.csv:2", "Be brief.")
    assert [(edit.repair, edit.field) for edit in edits] == [("review", "messages[2].content")]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({2: ""}, "empty"),
        ({2: "  \n"}, "empty"),
        ({1: " "}, "empty"),
        ({2: "a\x00b"}, "NUL"),
        ({2: "\ud800"}, "surrogate"),
        ({7: "x"}, "no message 7"),
        ({2: "Yes."}, "Nothing was changed"),
    ],
)
def test_what_a_reader_would_refuse_is_refused(texts: dict[int, str], said: str) -> None:
    with pytest.raises(UnfitRow, match=said):
        fixed(row(), texts)
