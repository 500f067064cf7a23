"""The frozen plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from whet.errors import ConfigError
from whet.evals.plan import Plan, freeze
from whet.types import Decoding, Example


def _items(n: int) -> list[Example]:
    return [
        Example.of(
            [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": "a"}], f"t:{i}"
        )
        for i in range(n)
    ]


def _plan(**changes: object) -> Plan:
    plan = freeze(
        _items(3),
        primary="exact_match",
        margin=0.02,
        gates={"forgetting": {"margin": 0.05}},
        arms=("prompt", "tuned"),
        decoding=Decoding(choices=("yes", "no")),
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def test_the_order_of_items_arms_and_gates_is_no_part_of_a_plan() -> None:
    other = freeze(
        list(reversed(_items(3))),
        primary="exact_match",
        margin=0.02,
        gates={"forgetting": {"margin": 0.05}},
        arms=("tuned", "prompt"),
        decoding=Decoding(choices=("yes", "no")),
    )
    assert other.digest == _plan().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"primary": "token_f1"},
        {"margin": 0.0},
        {"test_items": "0" * 16},
        {"arms": ("prompt",)},
        {"gates": {}},
        {"decoding": Decoding(temperature=1.0)},
    ],
)
def test_whatever_decides_is_part_of_the_digest(changes: dict[str, object]) -> None:
    assert _plan(**changes).digest != _plan().digest


def test_no_primary_metric_and_no_test_set_are_told_together() -> None:
    with pytest.raises(ConfigError, match=r"no fine-tuning.*eval\.primary.*data\.test"):
        freeze([], primary=None, margin=0.0, gates={}, arms=(), decoding=Decoding())
