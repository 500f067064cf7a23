from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from whet.retrieval import CachedEmbedder


def test_a_text_is_embedded_once_and_kept(tmp_path: Path, letters: Any) -> None:
    first = CachedEmbedder(letters, tmp_path)
    vectors = first.embed(["card", "fee", "card"])
    assert letters.num_texts == 2
    again = CachedEmbedder(letters, tmp_path)
    np.testing.assert_array_equal(again.embed(["card", "fee", "card"]), vectors)
    assert letters.num_texts == 2
    again.embed(["fee", "new"])
    assert letters.num_texts == 3
    assert again.embed([]).shape == (0, 26)


def test_another_embedder_has_its_own_vectors(tmp_path: Path, letters: Any) -> None:
    CachedEmbedder(letters, tmp_path).embed(["card"])
    letters.identity = "other"
    CachedEmbedder(letters, tmp_path).embed(["card"])
    assert letters.num_texts == 2


def test_a_file_that_a_kill_left_aside_is_not_read(tmp_path: Path, letters: Any) -> None:
    CachedEmbedder(letters, tmp_path).embed(["card"])
    [folder] = tmp_path.iterdir()
    (folder / ".half.123").write_bytes(b"PK\x03\x04 torn")
    CachedEmbedder(letters, tmp_path).embed(["card"])
    assert letters.num_texts == 1
