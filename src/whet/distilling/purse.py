"""Money: what was spent, what is promised to requests under way, what may still be promised.

Before a request is sent its largest possible price is set aside: one token for each byte of the
prompt (no byte-level tokenizer makes more), and every token that the answer may have. What it cost
replaces that when it comes back. So the sum can never pass the budget, whatever the answers are.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from whet.types import Completion, Messages

TOKENS_PER_MESSAGE = 16
"""What a chat template writes around a message, generously."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Price of a million tokens read and written."""

    per_million_input: float = 0.0
    per_million_output: float = 0.0

    def of(self, num_input: int, num_output: int) -> float:
        """The price of so many tokens."""
        return (
            num_input * self.per_million_input + num_output * self.per_million_output
        ) / 1_000_000

    def most(self, messages: Messages, max_new_tokens: int) -> float:
        """The highest price that an answer to these messages can have."""
        texts = [str(value) for message in messages for value in message.values()]
        num_bytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        return self.of(num_bytes + TOKENS_PER_MESSAGE * (len(messages) + 1), max_new_tokens)

    def paid(self, completion: Completion, most: float) -> float:
        """What an answer cost; the highest price where the endpoint does not count tokens."""
        counts = completion.num_prompt_tokens, completion.num_output_tokens
        return self.of(*counts) if any(counts) else most


class Purse:
    """Spends up to a budget; without one it only counts."""

    def __init__(self, budget: float | None, spent: float = 0.0) -> None:
        self.budget = budget
        self.spent = spent
        self._promised = 0.0
        self._lock = threading.Lock()

    def promise(self, amount: float) -> bool:
        """Sets an amount aside; False where the budget has no room for it."""
        with self._lock:
            room = self.budget is None or self.spent + self._promised + amount <= self.budget
            if room:
                self._promised += amount
            return room

    def settle(self, promised: float, paid: float) -> None:
        """Replaces a promise by what was paid."""
        with self._lock:
            self._promised -= promised
            self.spent += paid

    def lose(self, amount: float) -> bool:
        """Counts an attempt without an answer as paid; whether there is room for another.

        The promise for the attempt stays: it now stands for the next one.
        """
        with self._lock:
            self.spent += amount
            return self.budget is None or self.spent + self._promised <= self.budget
