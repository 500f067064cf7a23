"""Local benchmarks, and the two small models that are asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def eval_files(test_data: Path) -> Path:
    return test_data / "eval"


@pytest.fixture(scope="session", params=["whet-nano", "stories"])
def loaded(request: pytest.FixtureRequest) -> Any:
    """A model in float32, so that only the order of sums can differ."""
    pytest.importorskip("lm_eval")
    from whet.models.load import load_model

    name = "whet-nano" if request.param == "whet-nano" else request.getfixturevalue("stories")
    made = load_model(name)
    made.model.float()
    return made
