"""Where each row that was read has gone: found again among the kept and the dropped, each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from whet.data.dataset import Dataset
from whet.data.ledger import Dropped, Ledger, TokenCount
from whet.data.lengths import require_lengths, resolve_lengths
from whet.types import Example

CountTokens = Callable[[Sequence[Example]], list[int]]
"""The tokens of each row, as training sees it."""


class Account:
    """Pairs the rows of a data set with the rows as they were read.

    `origins` are pairs of a row as read and as it is now. Making an account checks it: a row that
    is nowhere, or twice, is a bug of this program.
    """

    def __init__(self, origins: Sequence[tuple[Example, Example]], dataset: Dataset) -> None:
        kept = {id(row) for rows in dataset.splits.values() for row in rows}
        self.read = [origin for origin, _ in origins]
        self._kept = {id(row): origin for origin, row in origins if id(row) in kept}
        assert len(self._kept) == len(kept) == sum(map(len, dataset.splits.values())), (
            "a row is kept that was not read, or twice"
        )
        self._gone: dict[tuple[str, str], list[Example]] = defaultdict(list)
        for origin, row in origins:
            if id(row) not in kept:
                self._gone[row.source, row.id].append(origin)
        dropped = [row for row in dataset.ledger.dropped if row.id]
        found = sorted((row.source, row.id) for row in dropped)
        lost = sorted(key for key, rows in self._gone.items() for _ in rows)
        assert found == lost, "a row is neither kept nor dropped, or dropped twice"

    def fitted(
        self, dataset: Dataset, ledger: Ledger, count: CountTokens, limit: int, on_too_long: str
    ) -> tuple[Dataset, Ledger]:
        """The training rows within `limit` tokens, and the ledger with every token in it.

        Raises:
            DataError: rows are too long under `error`, or held-out rows are.
        """
        counts = dict(zip(map(id, self.read), count(self.read), strict=True))
        rows = [row for part in dataset.splits.values() for row in part]
        now = dict(zip(map(id, rows), count(rows), strict=True))

        def num_tokens(row: Example) -> int:
            return now[id(row)] if id(row) in now else count([row])[0]

        for name in ("validation", "test"):
            require_lengths(dataset.splits[name], num_tokens, limit)
        fit = resolve_lengths(dataset.train, num_tokens, limit, on_too_long)
        gone = {id(row) for row in dataset.train} - {id(row) for row in fit.examples}
        too_long = [row for row in dataset.train if fit.dropped and id(row) in gone]
        dropped = [
            replace(entry, num_tokens=counts[id(self._gone[entry.source, entry.id].pop())])
            if entry.id
            else entry
            for entry in ledger.dropped
        ]
        dropped += [
            Dropped.of(row, "too_long", counts[id(self._kept[id(row)])]) for row in too_long
        ]
        gone = {id(row) for row in too_long}  # a row that was cut is another object, and is kept
        left = [row for row in rows if id(row) not in gone]
        fitted = replace(dataset, train=fit.examples)
        kept = {name: sum(map(num_tokens, part)) for name, part in fitted.splits.items()}
        repaired = sum(counts[id(self._kept[id(row)])] - now[id(row)] for row in left)
        tokens = TokenCount(sum(counts.values()), kept, fit.num_cut, repaired)
        places = {entry.source for entry in fit.dropped}
        changed = tuple(row for row in ledger.changed if row.source not in places)
        ledger = replace(
            ledger,
            kept={name: len(part) for name, part in fitted.splits.items()},
            dropped=tuple(dropped),
            truncated=tuple(fit.truncated),
            tokens=tokens,
            changed=changed,
        )
        return fitted, ledger
