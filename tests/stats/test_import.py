"""`import whet.stats` is light, and offers every public name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import whet.stats


def test_importing_stats_loads_neither_numpy_nor_scipy_nor_torch() -> None:
    code = (
        "import sys, whet.stats\n"
        "from whet.stats import look_level, paired_difference\n"
        "assert paired_difference([1, 0], [0, 0]).n == 2\n"
        "print([name for name in ('numpy', 'scipy', 'torch') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(callable(getattr(whet.stats, name)) for name in whet.stats.__all__)
    with pytest.raises(AttributeError, match="t_test"):
        whet.stats.t_test  # noqa: B018
