"""The plan: what will decide, frozen before anything is trained.

A verdict is worth what it was fixed in advance. Changing the metric, the margin, a gate or the
test items after answers have been seen makes another plan, and `stages.frozen` says so by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from whet.errors import ConfigError
from whet.types import Decoding, Example, content_id

FORMAT = 1

NO_EVALUATION = (
    "No clear evaluation, no fine-tuning: without {missing} nothing could show that training"
    " helped."
)


def items_digest(item_ids: Sequence[str]) -> str:
    """One hash of a set of items; their order does not matter."""
    return content_id(sorted(item_ids))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides. Two plans with one digest decide alike.

    `arms` are names; `gates` are settings by name, forgetting among them. Both are compared
    without regard to order.
    """

    test_items: str
    num_test_items: int
    primary: str
    margin: float
    gates: Mapping[str, Mapping[str, Any]]
    arms: tuple[str, ...]
    decoding: Decoding

    @property
    def digest(self) -> str:
        return content_id(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values for `plan.json`."""
        return {
            "format": FORMAT,
            "test_items": self.test_items,
            "num_test_items": self.num_test_items,
            "primary": self.primary,
            "margin": self.margin,
            "gates": {name: dict(self.gates[name]) for name in sorted(self.gates)},
            "arms": sorted(self.arms),
            "decoding": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in asdict(self.decoding).items()
            },
        }


def freeze(
    test: Sequence[Example],
    *,
    primary: str | None,
    margin: float,
    gates: Mapping[str, Mapping[str, Any]],
    arms: Sequence[str],
    decoding: Decoding,
) -> Plan:
    """The plan of a run.

    Raises:
        ConfigError: There is no primary metric or no test item.
    """
    missing = [
        f"{what} ({remedy})"
        for what, remedy, absent in (
            ("a primary metric", "add eval.primary, e.g. exact_match", not primary),
            ("a test set", "add data.test, or data.split.test: 0.2", not test),
        )
        if absent
    ]
    if missing:
        raise ConfigError(NO_EVALUATION.format(missing=" and ".join(missing)))
    ids = [item.id for item in test]
    return Plan(
        items_digest(ids), len(ids), str(primary), margin, dict(gates), tuple(arms), decoding
    )
