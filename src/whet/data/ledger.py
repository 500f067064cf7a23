"""Every row accounted for: read = kept, by split, + dropped, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from whet.data.places import printable
from whet.types import Example

REASONS = ("broken", "leak", "duplicate", "too_long")
"""Why a row may be dropped; `clean` adds near_duplicate and refusal, `eval.references: merge`
merged_reference: the row's answer is then a reference of another row that asks the same."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that is not used: where it stood, why, and how it begins.

    `raw` is all that a broken row holds, where it is known; `id` that of an example.
    """

    source: str
    reason: str
    text: str
    num_tokens: int = 0
    id: str = ""
    raw: str = ""

    @staticmethod
    def of(example: Example, reason: str, num_tokens: int = 0) -> Dropped:
        """The entry for an example; `text` begins with its question."""
        text = printable(example.question)
        return Dropped(example.source, reason, text, num_tokens, example.id)


@dataclass(frozen=True, slots=True)
class Edit:
    """One repair of one field. `before` and `after` are where they differ, cut for reading.

    `before` is empty where the repair hides something.
    """

    repair: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that is kept otherwise than it was read."""

    source: str
    split: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens before and after, for rows that are kept.

    `cut` were removed by truncation, `repaired` by repairs (below zero where those added some).
    """

    read: int
    kept: Mapping[str, int]
    cut: int = 0
    repaired: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows read, kept by split and dropped by reason; tokens too once they have been counted.

    `truncated` names the kept rows whose prompt was shortened, `changed` those that `clean`
    repaired. Tokens: read = kept + dropped + cut + repaired.
    """

    num_read: int
    kept: Mapping[str, int]
    dropped: tuple[Dropped, ...] = ()
    truncated: tuple[str, ...] = ()
    tokens: TokenCount | None = field(default=None)
    changed: tuple[Changed, ...] = ()

    @property
    def by_reason(self) -> dict[str, int]:
        """Number of dropped rows for each reason."""
        return dict(sorted(Counter(row.reason for row in self.dropped).items()))

    @property
    def by_repair(self) -> dict[str, int]:
        """Number of changed rows for each repair; a row may have had several."""
        names = [name for row in self.changed for name in {edit.repair for edit in row.edits}]
        return dict(sorted(Counter(names).items()))

    def drop(self, split: str, rows: Sequence[Dropped]) -> Ledger:
        """The ledger after more rows of a split were dropped."""
        kept = {**self.kept, split: self.kept[split] - len(rows)}
        return replace(self, kept=kept, dropped=(*self.dropped, *rows))

    def truncate(self, sources: Iterable[str]) -> Ledger:
        """The ledger after the prompts of these rows were cut."""
        return replace(self, truncated=(*self.truncated, *sources))

    def with_tokens(self, tokens: TokenCount) -> Ledger:
        """The ledger with tokens counted; dropped rows carry their own counts."""
        return replace(self, tokens=tokens)

    def check(self) -> None:
        """Holds our own accounting to the identity; a failure is a bug of this program."""
        kept = sum(self.kept.values())
        assert min(self.kept.values(), default=0) >= 0, f"a split below zero rows: {self.kept}"
        assert self.num_read == kept + len(self.dropped), (
            f"{self.num_read} rows read, {kept} kept, {len(self.dropped)} dropped"
        )
        for split, count in Counter(row.split for row in self.changed).items():
            assert count <= self.kept.get(split, 0), f"{count} rows of {split} changed, fewer kept"
        if self.tokens is not None:
            dropped = sum(row.num_tokens for row in self.dropped)
            rest = sum(self.tokens.kept.values()) + dropped
            rest += self.tokens.cut + self.tokens.repaired
            assert self.tokens.read == rest, f"{self.tokens.read} tokens read, {rest} found again"

    def to_json(self) -> dict[str, Any]:
        """What `ledger.json` holds."""
        return {
            "read": self.num_read,
            "kept": dict(self.kept),
            "dropped": self.by_reason,
            "tokens": self._tokens_json(),
            "truncated": list(self.truncated),
            "changed": self.by_repair,
            "dropped_rows": [
                {"source": row.source, "reason": row.reason, "text": row.text}
                for row in self.dropped
            ],
            "changed_rows": [
                {
                    "source": row.source,
                    "split": row.split,
                    "edits": [asdict(edit) for edit in row.edits],
                }
                for row in self.changed
            ],
        }

    def _tokens_json(self) -> dict[str, Any] | None:
        if self.tokens is None:
            return None
        by_reason: Counter[str] = Counter()
        for row in self.dropped:
            by_reason[row.reason] += row.num_tokens
        return {
            "read": self.tokens.read,
            "kept": dict(self.tokens.kept),
            "dropped": dict(sorted(by_reason.items())),
            "cut": self.tokens.cut,
            "repaired": self.tokens.repaired,
        }
