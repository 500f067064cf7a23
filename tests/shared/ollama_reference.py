"""Ollama's own parser and templates, where the program that holds them is (docs/targets.md)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

PROGRAM = os.environ.get("WHET_OLLAMA_REFERENCE", "")
needs_ollama = pytest.mark.skipif(
    not PROGRAM, reason="Ollama's code is not here (WHET_OLLAMA_REFERENCE)"
)


def ask_ollama(modelfile: str, talks: Sequence[Any]) -> tuple[list[list[str]], list[str]]:
    """The commands that Ollama reads in a Modelfile, and the prompts it makes of conversations."""
    done = subprocess.run(
        [PROGRAM],
        input=json.dumps({"modelfile": modelfile, "talks": list(talks)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["commands"], told["prompts"]
