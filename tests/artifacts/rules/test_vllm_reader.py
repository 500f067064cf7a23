"""vLLM's own reader, asked about every case: it takes and refuses what our rules say.

vLLM 0.33.0 is not installed for the tests (its wheel needs CUDA packages). Its reader runs on a
CPU from the unpacked wheel: name its folder, and that of the packages it imports, in
WHET_VLLM_PATH, separated by a colon.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from adapter_cases import ACCEPTED, REFUSED, TENSORS, write_all

from whet.artifacts.rules.vllm_models import EMBEDDINGS, WITH_LORA, WITHOUT_LORA

PLACE = os.environ.get("WHET_VLLM_PATH", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PLACE and find_spec("vllm") is None, reason="vLLM is not here (WHET_VLLM_PATH)"
    ),
]
READER = Path(__file__).with_name("vllm_reader.py")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folders = write_all(tmp_path_factory.mktemp("adapters"))
    asked = {
        "adapters": {name: str(folder) for name, folder in folders.items()},
        "modules": sorted(WITH_LORA["LlamaForCausalLM"]),
        "architectures": sorted([*WITH_LORA, *WITHOUT_LORA]),
    }
    done = subprocess.run(
        [sys.executable, str(READER)],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": PLACE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


@pytest.mark.parametrize("name", ACCEPTED)
def test_vllm_takes_what_we_say_it_takes(name: str, told: dict[str, Any]) -> None:
    assert told["adapters"][name] == [ACCEPTED[name][1], None]


@pytest.mark.parametrize("name", [*REFUSED, *TENSORS])
def test_vllm_refuses_what_we_say_it_refuses(name: str, told: dict[str, Any]) -> None:
    rank, refusal = told["adapters"][name]
    assert rank is None
    assert refusal


@pytest.mark.parametrize("name", [*WITH_LORA, *WITHOUT_LORA])
def test_vllms_models_take_adapters_as_our_table_says(name: str, told: dict[str, Any]) -> None:
    takes, embeddings = told["models"][name]
    assert takes == (name in WITH_LORA)
    assert set(embeddings) == (WITH_LORA.get(name, frozenset()) & EMBEDDINGS)
