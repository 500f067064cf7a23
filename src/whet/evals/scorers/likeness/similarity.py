"""Likeness of meaning: by sentence vectors, and by BERTScore's matching of tokens.

Both need a model, so they are measured once, when answers are there, and kept in the run folder.
Neither sees truth: "opens at 9" and "opens at 5" are alike. They say that an answer is about the
same thing in other words; `faithfulness`, `numeric` and people say whether it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whet.errors import ConfigError, ModelError
from whet.evals.scorers.references import references_of
from whet.types import Example

if TYPE_CHECKING:
    from whet.retrieval import Embedder

BATCH = 32

Matrix = np.ndarray[Any, np.dtype[np.float32]]
Measure = Callable[[Sequence[str], Sequence[Example]], list[float | None]]
"""(answers, items) -> one value an item."""


def semantic_similarity(embedder: Embedder) -> Measure:
    """Cosine of the sentence vectors of an answer and its nearest reference; below 0 is 0."""

    def measure(answers: Sequence[str], items: Sequence[Example]) -> list[float | None]:
        golds = [references_of(item) for item in items]
        texts = list(dict.fromkeys([*answers, *(gold for row in golds for gold in row)]))
        if not texts:
            return []
        vectors = dict(zip(texts, embedder.embed(texts), strict=True))
        return [
            max((_unit(vectors[answer] @ vectors[gold]) for gold in row), default=None)
            for answer, row in zip(answers, golds, strict=True)
        ]

    return measure


def _unit(value: Any) -> float:
    return min(1.0, max(0.0, float(value)))


def bertscore(folder: Path, layer: int | None) -> Measure:
    """BERTScore F1 against the best reference, from an encoder in a local folder.

    Args:
        folder: a transformers encoder with its tokenizer.
        layer: hidden layer whose vectors are compared, 0 being the embeddings; the last one
            when None. Papers name the layer with the model (roberta-large: 17).

    Raises:
        ConfigError: there is no such folder, or the model has no such layer.
        ModelError: it cannot be loaded.
    """
    encoder = _Encoder(folder, layer)

    def measure(answers: Sequence[str], items: Sequence[Example]) -> list[float | None]:
        golds = [references_of(item) for item in items]
        texts = list(dict.fromkeys([*answers, *(gold for row in golds for gold in row)]))
        tokens = dict(zip(texts, encoder.vectors(texts), strict=True))
        return [
            max((_unit(match_f1(tokens[answer], tokens[gold])) for gold in row), default=None)
            for answer, row in zip(answers, golds, strict=True)
        ]

    return measure


def match_f1(answer: Matrix, gold: Matrix) -> float:
    """F1 of greedy matching between unit vectors of tokens [tokens, width], ends included.

    Precision is the mean over the answer's tokens of the best cosine to any token of the
    reference, recall the mean over the reference's. The first and last token (the model's own
    marks) may be matched and are not averaged over. No idf weights, no rescaling with a
    baseline. Source: Zhang et al. 2020, BERTScore, equation 3; bert_score 0.3.12,
    `greedy_cos_idf`.
    """
    if len(answer) <= 2 or len(gold) <= 2:
        return float(len(answer) == len(gold))
    cosines = answer @ gold.T
    precision = float(cosines.max(axis=1)[1:-1].mean())
    recall = float(cosines.max(axis=0)[1:-1].mean())
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


class _Encoder:
    """Unit vectors of every token of a text, at one layer."""

    def __init__(self, folder: Path, layer: int | None) -> None:
        if not (folder / "config.json").is_file():
            raise ConfigError(f"eval.bertscore.model: {folder}: no model folder (no config.json).")
        self._tokenizer, self._model = _load_encoder(folder)
        num_layers = int(self._model.config.num_hidden_layers)
        self._layer = num_layers if layer is None else layer
        if not 0 <= self._layer <= num_layers:
            raise ConfigError(
                f"eval.bertscore.layer: {layer}; {folder} has layers 0 to {num_layers}."
            )
        self._longest = int(self._model.config.max_position_embeddings)

    def vectors(self, texts: Sequence[str]) -> list[Matrix]:
        """One matrix a text.

        Raises:
            ConfigError: a text is longer than the model reads; nothing is cut off.
        """
        ids = [self._tokenizer(text, verbose=False)["input_ids"] for text in texts]
        # RoBERTa's positions begin after its padding id.
        room = self._longest - (2 if self._model.config.model_type == "roberta" else 0)
        long = [(len(row), text) for row, text in zip(ids, texts, strict=True) if len(row) > room]
        if long:
            num, text = max(long)
            raise ConfigError(
                f"eval.bertscore: {len(long)} texts are longer than the model's {room} tokens, the"
                f" longest ({num} tokens) begins {text[:40]!r}. Take a model that reads more, or"
                " leave bertscore out."
            )
        order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
        found: dict[int, Matrix] = {}
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for n, matrix in zip(batch, self._batch([ids[n] for n in batch]), strict=True):
                found[n] = matrix
        return [found[n] for n in range(len(ids))]

    def _batch(self, rows: Sequence[Sequence[int]]) -> list[Matrix]:
        import torch

        width = max(map(len, rows))
        padding = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        with torch.inference_mode():
            states = self._model(
                input_ids=ids, attention_mask=mask, output_hidden_states=True
            ).hidden_states[self._layer]
            states = torch.nn.functional.normalize(states.float(), dim=-1)
        return [states[n, : len(row)].numpy() for n, row in enumerate(rows)]


def _load_encoder(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model, in float32, from safetensors alone and without code of the folder's.

    Raises:
        ModelError: they cannot be loaded, or weights are missing.
    """
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model, info = AutoModel.from_pretrained(
            folder, dtype="float32", use_safetensors=True, local_files_only=True,
            trust_remote_code=False, output_loading_info=True,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"eval.bertscore.model: {folder}: {reason}") from None
    # A pooler is used by no hidden layer, and checkpoints of masked models have none.
    missing = sorted(key for key in info["missing_keys"] if "pooler" not in key)
    if missing:
        raise ModelError(
            f"eval.bertscore.model: {folder}: {len(missing)} weights are missing ({missing[0]},"
            " ...); transformers would fill them with random numbers."
        )
    return tokenizer, model.eval()
