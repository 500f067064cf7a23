"""The nearest value is the one that a search among the borders finds."""

from __future__ import annotations

import pytest
import torch

from whet.models import eight_bit, nf4
from whet.models.codebook import nearest

BOOKS = {"signed": eight_bit.levels(True), "unsigned": eight_bit.levels(False), "nf4": nf4.LEVELS}


@pytest.mark.parametrize("book", BOOKS)
def test_the_nearest_value_is_taken(book: str) -> None:
    levels = torch.tensor(BOOKS[book])
    torch.manual_seed(0)
    drawn = torch.rand(40_000)
    values = torch.cat([drawn, drawn * 1e-3, drawn * 1e-6, drawn**20, torch.zeros(3)])
    values = values if book == "unsigned" else torch.cat([values, -values])
    borders = (levels[:-1] + levels[1:]) / 2
    values = torch.cat([values, borders, torch.nextafter(borders, borders + 1), levels])
    expected = torch.bucketize(values, borders)
    assert torch.equal(nearest(values, BOOKS[book]).long(), expected)


def test_levels_that_are_too_near_are_refused() -> None:
    with pytest.raises(AssertionError, match="too near"):
        nearest(torch.zeros(2), (0.5, 0.5001, 0.5002))
