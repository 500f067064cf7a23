"""Whether cited passages exist and hold what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from whet.evals.scorers.grounding.citations import (
    citation_precision,
    citation_support,
    corpus_citations,
    passages_of,
)

PASSAGES = ["Parcels arrive in 3 days.", "Returns are free for 30 days at Ulm Station."]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Parcels arrive in 3 days [1].", 1.0),
        ("Parcels arrive in 3 days. [1]", 1.0),
        ("Parcels arrive in 3 days [2].", 0.0),
        ("Parcels arrive in 5 days [1].", 0.0),
        ("Parcels arrive in 3 days [7].", 0.0),
        ("Parcels arrive in 3 days.", 0.0),
        ("Parcels arrive in 3 days, returns are free for 30 days [1, 2].", 1.0),
        ("Parcels arrive in 3 days [1]. Bring cake to the office party [2].", 0.5),
        ("I do not know.", None),
        ("", 0.0),
    ],
)
def test_a_sentence_is_supported_by_what_it_cites(
    item: Callable[..., Any], answer: str, expected: float | None
) -> None:
    assert citation_support(answer, item("x", passages=PASSAGES)) == expected


def test_passages_may_have_ids_of_their_own(item: Callable[..., Any]) -> None:
    named = item("x", passages='{"faq-3": "Parcels arrive in 3 days."}')
    assert passages_of(named) == {"faq-3": "Parcels arrive in 3 days."}
    assert citation_support("Parcels arrive in 3 days [faq-3].", named) == 1.0


def test_without_passages_an_item_is_unscored(item: Callable[..., Any]) -> None:
    assert citation_support("x [1]", item("x")) is None
    assert citation_precision("x [1]", item("x")) is None


def test_citations_of_what_is_not_there_are_counted(item: Callable[..., Any]) -> None:
    shown = item("x", passages=PASSAGES)
    assert citation_precision("One [1]. Two [2, 9].", shown) == pytest.approx(2 / 3)
    assert citation_precision("None.", shown) is None
    answers = ["One [1]. Two [2, 9].", "None."]
    assert corpus_citations(answers, [shown, shown]) == {"citations": 3, "unknown": 1}
