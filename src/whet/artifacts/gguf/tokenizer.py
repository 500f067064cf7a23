"""A model folder's tokenizer, read as the kind of vocabulary that llama.cpp has for it."""

from __future__ import annotations

import json
from pathlib import Path

from whet.artifacts.gguf.byte_level import byte_level_vocabulary
from whet.artifacts.gguf.pieces import piece_vocabulary
from whet.artifacts.gguf.vocabulary import Vocabulary
from whet.errors import ModelError


def read_vocabulary(folder: Path, size: int, *, begins_special: bool) -> Vocabulary:
    """The vocabulary of a model's folder, filled up to the embedding's `size` rows.

    `begins_special`: conversations begin with a special token, by the chat template.

    Raises:
        ModelError: no tokenizer.json, or one that llama.cpp would cut otherwise.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise ModelError(
            f"{folder} has no tokenizer.json. Make one: transformers' AutoTokenizer.from_pretrained"
            "(...).save_pretrained(...) writes it."
        )
    data = json.loads(file.read_text(encoding="utf-8"))
    kind = data["model"].get("type", "BPE")
    if kind != "BPE":
        raise ModelError(f"{file}: is a {kind} tokenizer; BPE is written to GGUF here.")
    if data["model"].get("byte_fallback"):
        return piece_vocabulary(data, file, size, begins_special=begins_special)
    return byte_level_vocabulary(data, file, size)
