"""Embeddings kept on disk by the hash of their text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from whet.retrieval.embedder import Embedder, Vectors, load_minilm


def find_embedder(folder: Path | None = None) -> Embedder | None:
    """The embedder, keeping its vectors in `folder`; None where its package is missing.

    Say NO_EMBEDDER to the user where it is None.

    Raises:
        ModelError: the package's files are not those that whet was tested with.
    """
    found = load_minilm()
    return CachedEmbedder(found, folder) if found is not None and folder is not None else found


class CachedEmbedder:
    """An embedder that looks into `folder` first.

    Each call that computes anything adds one `.npz` file with the hashes and vectors of its new
    texts, written aside and renamed, so a kill leaves whole files only. Nothing is pickled.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self.identity = embedder.identity
        self._embedder = embedder
        name = hashlib.sha256(embedder.identity.encode()).hexdigest()[:16]
        self._folder = folder / name
        self._known: dict[bytes, Vectors] = {}
        for path in sorted(self._folder.glob("*.npz")):
            with np.load(path, allow_pickle=False) as stored:
                self._known |= {
                    key.tobytes(): vector
                    for key, vector in zip(stored["keys"], stored["vectors"], strict=True)
                }

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, width], float32."""
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        if missing:
            vectors = self._embedder.embed(list(missing.values()))
            self._store(list(missing), vectors)
            self._known.update(zip(missing, vectors, strict=True))
        if not keys:
            return self._embedder.embed([])
        return np.stack([self._known[key] for key in keys])

    def _store(self, keys: list[bytes], vectors: Vectors) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(b"".join(keys)).hexdigest()[:32]
        aside = self._folder / f".{name}.{os.getpid()}"
        with aside.open("wb") as file:
            table = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)
            np.savez(file, keys=table, vectors=vectors)
        aside.replace(self._folder / f"{name}.npz")
