"""Byte-level BPE (GPT-2, Llama 3, Qwen, Mistral Nemo) as llama.cpp's `gpt2` tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whet.artifacts.gguf.pretokenizer import rule_name
from whet.artifacts.gguf.vocabulary import Vocabulary, strip_rule, tokens_and_types
from whet.errors import ModelError

NFC_NOTICE = (
    "llama.cpp does not bring text into Unicode's form NFC, as this tokenizer does: text that is "
    "in another form gets other token ids there"
)


def byte_level_vocabulary(data: Mapping[str, Any], file: Path, size: int) -> Vocabulary:
    """The vocabulary of a byte-level tokenizer.json.

    Raises:
        ModelError: a rule or a normaliser that llama.cpp has not.
    """
    tokens, types = tokens_and_types(data, file, size)
    must_say, notices = strip_rule(data, file)
    return Vocabulary(
        model="gpt2",
        pre=rule_name(data, file),
        tokens=tuple(tokens),
        types=tuple(types),
        merges=tuple(_merges(data)),
        name_must_say=must_say,
        notices=(*_normalizer_notices(data, file), *notices),
    )


def _merges(data: Mapping[str, Any]) -> list[str]:
    merges = data["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]


def _normalizer_notices(data: Mapping[str, Any], file: Path) -> list[str]:
    normalizer = data.get("normalizer")
    if normalizer is None:
        return []
    if normalizer.get("type") == "NFC":
        return [NFC_NOTICE]
    raise ModelError(
        f"{file}: changes text before it is cut (normalizer {normalizer.get('type')}), which "
        "llama.cpp does not do for byte-level tokenizers."
    )
