"""A server of llama.cpp, asked over its address only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from parity_models import FolderWeights, Tuned, questions

from whet.artifacts.parity import prove, tolerance_for
from whet.artifacts.proof import Proof
from whet.engines.endpoint import Endpoint
from whet.engines.reference import open_judged

pytest.importorskip("gguf")
pytest.importorskip("xllamacpp")
from whet.artifacts.gguf import write_gguf
from whet.engines.llama_cpp import LlamaCpp

PROMPTS: Sequence[Any] = questions("Hello", "What is it?", " a space first")


def proof_of(tuned: Tuned, folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> Proof:
    write_gguf(FolderWeights(folder), file, "F32")
    judged = open_judged(tuned.base, adapter=tuned.adapter)
    tolerance = tolerance_for("endpoint-float32", judged, PROMPTS, max_new_tokens=6)
    engine = LlamaCpp(file, threads=1)
    monkeypatch.setenv("KEY_FOR_TEST", engine.api_key)
    address = engine.address.removesuffix("/") + "/v1"
    live = Endpoint(address, file.stem, "KEY_FOR_TEST")
    try:
        return prove(judged, live, PROMPTS, tolerance, max_new_tokens=6)
    finally:
        live.close()
        engine.close()


@pytest.mark.slow
def test_the_judged_model_is_known_by_its_address(
    tuned_nano: Tuned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopback: None
) -> None:
    proof = proof_of(tuned_nano, tuned_nano.merged, tmp_path / "good.gguf", monkeypatch)
    assert proof.passed, proof.cause
    assert proof.max_logit_diff is not None and proof.max_logit_diff < 5e-4
    assert proof.kl is None and proof.greedy_equal == len(PROMPTS)


@pytest.mark.slow
def test_the_base_behind_an_address_is_refused(
    tuned_nano: Tuned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopback: None
) -> None:
    proof = proof_of(tuned_nano, tuned_nano.base, tmp_path / "bare.gguf", monkeypatch)
    assert not proof.passed and "other numbers" in proof.cause
