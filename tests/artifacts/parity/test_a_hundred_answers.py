"""whet-nano and stories260K with trained adapters: a hundred greedy answers, to the character."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from parity_models import FolderWeights, Tuned, questions

from whet.artifacts.parity import probes, prove, tolerance_for
from whet.engines.reference import open_judged, open_shipped
from whet.models import nano

pytest.importorskip("gguf")
pytest.importorskip("xllamacpp")
from whet.artifacts.gguf import write_gguf
from whet.engines.llama_cpp import LlamaCpp


@pytest.fixture(scope="module")
def hundred() -> Sequence[Any]:
    """The probes, and passages that neither model was trained on."""
    lines = (Path(nano.folder()) / "general.jsonl").read_text(encoding="utf-8").splitlines()
    asked = questions(*(json.loads(line)["text"][:120] for line in lines))
    fixed = [p for p in probes() if sum(len(m["content"]) for m in p) < 1000]
    more = questions(*(f"Question {number}: what comes next?" for number in range(100)))
    return [*fixed, *asked, *more][:100]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tuned_nano", "tuned_stories"])
@pytest.mark.parametrize("kind", ["float32", "F32", "Q8_0", "Q4_0"])
def test_a_hundred_answers(
    name: str, kind: str, hundred: Sequence[Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tuned: Tuned = request.getfixturevalue(name)
    judged = open_judged(tuned.base, adapter=tuned.adapter)
    if kind == "float32":
        exported: Any = open_shipped(tuned.merged)
    else:
        write_gguf(FolderWeights(tuned.merged), tmp_path / "model.gguf", kind)
        exported = LlamaCpp(tmp_path / "model.gguf", threads=1)
    allowed = tolerance_for(kind, judged, hundred, max_new_tokens=16)
    proof = prove(judged, exported, hundred, allowed, max_new_tokens=16)
    exported.close()
    assert proof.passed, proof.cause
    assert proof.prompts == 100 and proof.max_logit_diff is not None and proof.kl is not None
    print(
        f"| {name} | {kind} | {proof.max_logit_diff:.2g} | {allowed.max_logit_diff:.2g} | "
        f"{proof.kl:.2g} | {proof.greedy_equal} of 100 |"
    )
    if kind in ("float32", "F32"):
        assert proof.greedy_equal == 100
        assert proof.max_logit_diff <= {"float32": 1e-4, "F32": 5e-4}[kind]
