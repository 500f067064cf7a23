"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets, tokenizers and models; the test skips where it is absent."""
    folder = Path(os.environ.get("WHET_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; set WHET_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def stories(test_data: Path) -> Path:
    """A real pre-trained Llama of 260 thousand parameters."""
    return test_data / "models" / "stories260K-hf"
