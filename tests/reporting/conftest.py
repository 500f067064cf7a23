"""Sample reports as fixtures."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sample_reports.hostile import hostile
from sample_reports.verdicts import SAMPLES


@pytest.fixture(params=SAMPLES)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each sample report in turn."""
    return copy.deepcopy(SAMPLES[request.param]())


@pytest.fixture
def sample() -> Any:
    """Makes the sample report of a name."""
    return lambda name: copy.deepcopy({**SAMPLES, "hostile": hostile}[name]())
