from __future__ import annotations

import threading

import pytest

from whet.distilling import Prices, Purse
from whet.types import Completion, FinishReason, Message


def test_the_highest_price_takes_every_byte_for_a_token() -> None:
    prices = Prices(1e6, 2e6)
    message: Message = {"role": "user", "content": "häß"}
    assert prices.most([message], 10) >= 5 + 2 * 10


def test_an_answer_without_counts_costs_the_most_it_can() -> None:
    prices = Prices(1e6, 1e6)
    assert prices.paid(Completion("x", FinishReason.STOP), 7.0) == 7.0
    assert prices.paid(Completion("x", FinishReason.STOP, 2, 3), 7.0) == 5.0


def test_promises_and_spendings_never_pass_the_budget() -> None:
    purse = Purse(10.0)
    taken = []

    def take() -> None:
        for _ in range(200):
            if purse.promise(1.0):
                taken.append(1)
                purse.settle(1.0, 0.5)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert purse.spent <= 10.0 and len(taken) == 19


def test_a_lost_attempt_is_spent_and_the_promise_stays() -> None:
    purse = Purse(10.0)
    assert purse.promise(4.0)
    assert purse.lose(4.0), "4 lost and 4 promised are within 10"
    assert not purse.lose(4.0), "8 lost and 4 promised are not"
    purse.settle(4.0, 0.0)
    assert purse.spent == 8.0


def test_without_a_budget_it_only_counts() -> None:
    purse = Purse(None)
    assert purse.promise(1e9) and purse.lose(1.0)
    purse.settle(1e9, 2.0)
    assert purse.spent == pytest.approx(3.0)
