"""The vocabulary as a GGUF file holds it: every token with its kind, and how text is cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.artifacts.gguf.package import gguf_package
from whet.errors import ModelError

BLANK = "▁"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What llama.cpp needs to cut text into the ids that transformers gives.

    Attributes:
        model: `gpt2` for byte-level BPE, `llama` for SentencePiece's kind.
        pre: the name of the splitting rule, one of llama.cpp's.
        merges: pairs in their order (byte-level BPE).
        scores: of the tokens (SentencePiece's kind): the higher, the earlier it is merged.
        blank_first: a blank is put before a text, and after each special token.
        name_must_say: what `general.name` has to hold, because llama.cpp reads a trait from it.
    """

    model: str
    pre: str
    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    blank_first: bool | None = None
    name_must_say: str | None = None
    notices: tuple[str, ...] = ()


def tokens_and_types(data: Mapping[str, Any], file: Path, size: int) -> tuple[list[str], list[int]]:
    """Every id's token and kind: the vocabulary's, the added ones, and what fills up to `size`.

    Raises:
        ModelError: ids beyond the embedding, or two ids of one token.
    """
    types = gguf_package().TokenType
    tokens: dict[int, str] = {number: token for token, number in data["model"]["vocab"].items()}
    kinds = dict.fromkeys(tokens, int(types.NORMAL))
    for added in data["added_tokens"]:
        kind = types.CONTROL if added.get("special") else types.USER_DEFINED
        text = added["content"]
        tokens[added["id"]] = text if added.get("special") else text.replace(BLANK, " ")
        kinds[added["id"]] = int(kind)
    if max(tokens) >= size:
        raise ModelError(f"{file}: has ids up to {max(tokens)}, but the embedding has {size} rows.")
    filled = [tokens.get(number, f"[PAD{number}]") for number in range(size)]
    if len(set(filled)) != size:
        twice = Counter(filled).most_common(1)[0][0]
        raise ModelError(
            f"{file}: two ids are called {twice!r}, which llama.cpp cannot tell apart."
        )
    return filled, [kinds.get(number, int(types.UNUSED)) for number in range(size)]


def strip_rule(data: Mapping[str, Any], file: Path) -> tuple[str | None, list[str]]:
    """What the file's name must say for added tokens that swallow the blanks after them.

    llama.cpp has that trait for models called phi-3 only, and there for all added tokens but
    <unk>, <s> and <|endoftext|>.

    Raises:
        ModelError: other tokens swallow blanks.
    """
    swallow = {token["content"] for token in data["added_tokens"] if token.get("rstrip")}
    other = sorted(
        token["content"]
        for token in data["added_tokens"]
        if token.get("lstrip") or token.get("single_word")
    )
    notices = (
        [f"llama.cpp does not know that {', '.join(other[:5])} swallow blanks or stand alone"]
        if other
        else []
    )
    if not swallow:
        return None, notices
    kept = {"<unk>", "<s>", "<|endoftext|>"}
    all_added = {token["content"] for token in data["added_tokens"]}
    if swallow != all_added - kept or not kept | {"</s>"} <= all_added:
        raise ModelError(
            f"{file}: the tokens {', '.join(sorted(swallow)[:5])} swallow the blanks after them "
            "(rstrip), which llama.cpp does for all added tokens of phi-3 or for none."
        )
    return "phi-3", notices
