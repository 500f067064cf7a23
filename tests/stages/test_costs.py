from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.config import Config
from whet.errors import ConfigError
from whet.evals.arms import Arm, ArmKind
from whet.rundir import RunDir
from whet.stages.costs import cost
from whet.stages.evidence import Evidence
from whet.stages.samples import Sample

ARMS = {"gpt": {"endpoint": "http://localhost:1", "model": "m"}}


def _config(**more: Any) -> Config:
    values = {"model": "m", "data": {"train": ("a.jsonl",)}, "arms": ARMS, **more}
    values.setdefault("eval", {"metrics": ("exact_match",), "primary": "exact_match"})
    return Config.model_validate(values)


def _evidence(config: Config) -> Evidence:
    seconds = {"prompt": 0.4, "tuned": 0.1, "gpt": 3.0}
    kinds = {"prompt": ArmKind.BASELINE, "tuned": ArmKind.CANDIDATE, "gpt": ArmKind.BASELINE}
    samples = {
        name: [Sample("1", "a:1", None, "q", "g", "g", "stop", 1000, 50, s)]
        for name, s in seconds.items()
    }
    scores = {name: {"exact_match": [1.0 if name != "gpt" else 0.0]} for name in seconds}
    arms = [Arm(name, kind) for name, kind in kinds.items()]
    return Evidence(config, arms, "test", samples, scores, [None], 1, None)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    made = RunDir.create(tmp_path, "run")
    made.file("training.json").write_text(json.dumps({"seeds": [{"seconds": 1800.0}]}))
    return made


def test_machine_time_and_an_endpoints_tokens_are_priced_apart(run: RunDir) -> None:
    priced = {"gpt": ARMS["gpt"] | {"price": {"input": 2.0, "output": 8.0}}}
    config = _config(cost={"per_hour": 3.6, "upkeep_per_month": 30.0}, arms=priced)
    found = cost(config, run, _evidence(config))
    assert found["per_1000"] == pytest.approx({"prompt": 0.4, "tuned": 0.1, "gpt": 2.4})
    assert found["training"] == pytest.approx(1.8)
    assert found["payback_of"] == ["tuned", "prompt"]
    assert found["payback_answers"] == 6000  # 1.80 at 0.30 saved by a thousand
    assert found["payback_per_month"] == 100_000


def test_what_has_no_price_is_not_guessed(run: RunDir) -> None:
    config = _config(cost={"per_hour": 3.6})
    found = cost(config, run, _evidence(config))
    assert found["per_1000"]["gpt"] is None
    assert "No price is given for gpt" in found["note"]
    assert found["payback_per_month"] is None and "Upkeep is not counted" in found["note"]
    bare = _config()
    assert set(cost(bare, run, _evidence(bare))["per_1000"].values()) == {None}


def test_a_price_without_an_endpoint_is_refused() -> None:
    arms = {"big": {"model": "m", "price": {"input": 1.0, "output": 1.0}}}
    with pytest.raises((ConfigError, ValueError), match="`price` goes with `endpoint`"):
        _config(arms=arms)
