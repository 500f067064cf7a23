"""Good exports of every family in every format pass, as near as predicted.

`pytest -m slow -s tests/artifacts/parity/test_every_format.py` prints the table of docs/parity.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from parity_models import (
    FAMILIES,
    FolderWeights,
    Tuned,
    change_json,
    change_tensors,
    write_adapter,
    write_base,
    write_merged,
)

from whet.artifacts.parity import probes, prove, tolerance_for
from whet.artifacts.parity.tolerance import OF_DRAWS, format_of
from whet.engines.engine import Engine
from whet.engines.reference import open_judged, open_shipped

NUM_TOKENS = 8
MERGED = ("float32", "bfloat16", "float16")
GGUF = ("F32", "F16", "BF16", "Q8_0", "Q4_0")
REAL = ("tuned_nano", "tuned_stories")


@pytest.fixture(scope="module", params=[*FAMILIES, *REAL])
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """Each family's random model, and the two real ones."""
    if request.param in REAL:
        real: Tuned = request.getfixturevalue(request.param)
        return real
    folder = tmp_path_factory.mktemp(request.param)
    base = write_base(request.param, folder / "base")
    adapter = write_adapter(base, folder / "adapter")
    return Tuned(base, adapter, adapter, write_merged(base, adapter, folder / "merged"))


def exports(tuned: Tuned, folder: Path) -> Iterator[tuple[str, Engine]]:
    for kind in MERGED:
        made = write_merged(tuned.base, tuned.adapter, folder / kind)
        dtype = getattr(torch, kind)
        change_tensors(
            made, lambda held, to=dtype: held.update({n: t.to(to) for n, t in held.items()})
        )  # type: ignore[misc]
        change_json(made / "config.json", dtype=kind)
        yield kind, open_shipped(made)
    pytest.importorskip("xllamacpp")
    from whet.artifacts.gguf import write_gguf
    from whet.engines.llama_cpp import LlamaCpp

    for kind in GGUF:
        write_gguf(FolderWeights(tuned.merged), folder / f"{kind}.gguf", kind)
        yield kind, LlamaCpp(folder / f"{kind}.gguf", threads=1)


@pytest.mark.slow
def test_good_exports_pass_as_near_as_predicted(
    family: Tuned, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    judged = open_judged(family.base, adapter=family.adapter)
    asked: Sequence[Any] = probes()
    name = request.node.callspec.params["family"]
    for kind, exported in exports(family, tmp_path):
        tolerance = tolerance_for(kind, judged, asked, max_new_tokens=NUM_TOKENS)
        proof = prove(judged, exported, asked, tolerance, max_new_tokens=NUM_TOKENS)
        exported.close()
        assert proof.passed, f"{name} {kind}: {proof.cause}"
        assert proof.max_logit_diff is not None and proof.kl is not None
        exact = tolerance.derivation.startswith("float32 throughout")
        predicted = (tolerance.max_logit_diff - format_of(kind).floor) / OF_DRAWS * (not exact)
        share = proof.max_logit_diff / predicted if predicted else 0.0
        print(
            f"| {name} | {kind} | {proof.max_logit_diff:.2g} | {predicted:.2g} | "
            f"{tolerance.max_logit_diff:.2g} | {proof.kl:.2g} | {tolerance.kl:.2g} | "
            f"{proof.greedy_equal}/{proof.prompts} |"
        )
        assert share < 1.5, f"{name} {kind}: {share:.2f} times what was predicted"
        if predicted > 0.01:
            assert share > 0.5, f"{name} {kind}: a tolerance that is far too wide"
