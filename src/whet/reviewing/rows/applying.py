"""Decisions done to the training rows: kept, fixed or dropped, and each accounted for.

read = kept + fixed + dropped + not looked at (kept) + disputed (kept)
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whet.data.dataset import Mended, Parts
from whet.data.ledger import Changed, Dropped, Edit
from whet.data.writers import json_text
from whet.reviewing.rows.decisions import Choice, Decision, row_keys, settled
from whet.reviewing.rows.fixing import NAME, fixed
from whet.types import Example

FORMAT = 1
DISPUTED, UNSEEN = "disputed", "not_looked_at"


@dataclass(slots=True)
class Reviewed:
    """Does the decisions once, by calling it with the splits, and remembers what it did.

    Only training rows are touched. A row that raters disagree about is kept as it is.
    `outcomes` has what became of each training row, in order; `unknown` the decisions on rows
    that are not in the data any more.
    """

    decisions: Mapping[str, Sequence[Decision]]
    outcomes: list[tuple[Example, str, Sequence[Decision]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    _edits: dict[int, tuple[Edit, ...]] = field(default_factory=dict)

    def __call__(self, parts: Parts) -> Mended:
        """The rows after review, in their order."""
        kept: list[Example] = []
        dropped: list[Dropped] = []
        rows = parts["train"]
        keys = row_keys(rows)
        for key, row in zip(keys, rows, strict=True):
            said = self.decisions.get(key, ())
            made, outcome = self._done(row, said)
            self.outcomes.append((row, outcome, said))
            if made is None:
                dropped.append(Dropped.of(row, NAME))
            else:
                kept.append(made)
        self.unknown = sorted(self.decisions.keys() - set(keys))
        return Mended({**parts, "train": kept}, dropped)

    def _done(self, row: Example, said: Sequence[Decision]) -> tuple[Example | None, str]:
        if not said:
            return row, UNSEEN
        decision = settled(said)
        if decision is None:
            return row, DISPUTED
        if decision.choice is Choice.DROP:
            return None, Choice.DROP
        if decision.choice is Choice.KEEP:
            return row, Choice.KEEP
        made, edits = fixed(row, decision.texts)
        self._edits[id(made)] = tuple(edits)
        return made, Choice.FIX

    def changed(self, train: Sequence[Example]) -> tuple[Changed, ...]:
        """The rows that are kept otherwise than they were read."""
        return tuple(
            Changed(row.source, "train", self._edits[id(row)])
            for row in train
            if id(row) in self._edits
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many training rows were kept, fixed, dropped, are disputed, were not looked at."""
        found = Counter(outcome for _, outcome, _ in self.outcomes)
        return {name: found[name] for name in (*Choice, DISPUTED, UNSEEN)}

    def account(self) -> str:
        """What `review.json` holds: every row that somebody looked at, who, when and why."""
        about = {
            "format": FORMAT,
            "training_rows": len(self.outcomes),
            "outcomes": {str(name): count for name, count in self.counts.items()},
            "rows": [
                {
                    "source": row.source,
                    "id": row.id,
                    "outcome": str(outcome),
                    "decisions": [_said(decision) for decision in said],
                }
                for row, outcome, said in self.outcomes
                if said
            ],
            "decisions_on_rows_that_are_gone": len(self.unknown),
        }
        return json_text(about)


def _said(decision: Decision) -> dict[str, Any]:
    moment = datetime.datetime.fromtimestamp(round(decision.at), datetime.UTC)
    return {
        "rater": decision.rater,
        "decision": decision.choice.value,
        "at": moment.isoformat().replace("+00:00", "Z"),
        "why": decision.why,
    }
