"""The frozen plan."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from whet.errors import ConfigError, RunError
from whet.evals.plan import Plan, check_same, freeze
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


def test_a_plan_survives_json() -> None:
    stored = Plan.from_json(json.loads(json.dumps(_plan().to_json())))
    assert stored.digest == _plan().digest
    assert stored.decoding == _plan().decoding
    check_same(_plan(), stored)


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
    ("changes", "said"),
    [
        ({"primary": "token_f1"}, "primary was 'exact_match' and is 'token_f1'"),
        ({"margin": 0.0}, r"margin was 0\.02 and is 0\.0"),
        ({"test_items": "0" * 16}, "test_items was"),
        ({"arms": ("prompt",)}, "arms was"),
        ({"gates": {}}, "gates was"),
        ({"decoding": Decoding(temperature=1.0)}, "decoding was"),
    ],
)
def test_whatever_decides_cannot_change_unnoticed(changes: dict[str, object], said: str) -> None:
    with pytest.raises(RunError, match=said):
        check_same(_plan(), _plan(**changes))


def test_no_primary_metric_and_no_test_set_are_told_together() -> None:
    with pytest.raises(ConfigError, match=r"no fine-tuning.*eval\.primary.*data\.test"):
        freeze([], primary=None, margin=0.0, gates={}, arms=(), decoding=Decoding())


def test_a_newer_or_broken_plan_is_refused() -> None:
    with pytest.raises(RunError, match="Upgrade"):
        Plan.from_json(_plan().to_json() | {"format": 2})
    with pytest.raises(RunError, match="not a plan"):
        Plan.from_json({"format": 1})
