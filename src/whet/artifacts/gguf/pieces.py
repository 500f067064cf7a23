"""SentencePiece's kind of BPE (Llama 2, Mistral, Gemma, Phi-3) as llama.cpp's `llama` tokenizer.

tokenizer.json has ranks of pairs, llama.cpp scores of tokens: the score is minus the rank of the
first pair that makes the token, which is SentencePiece's own order.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whet.artifacts.gguf.package import gguf_package
from whet.artifacts.gguf.vocabulary import BLANK, Vocabulary, strip_rule, tokens_and_types
from whet.errors import ModelError

ADDED_SCORE = -1000.0
UNMADE_SCORE = -1e6
LEADING_NOTICE = (
    "where text begins with a blank this tokenizer puts no other before it, and llama.cpp does: "
    "such text gets other token ids there"
)
FIRST_NOTICE = (
    "this tokenizer puts a blank before the first word of a text only; llama.cpp knows never and "
    "always. Here it is {}, which is right for conversations by the chat template"
)


def piece_vocabulary(
    data: Mapping[str, Any], file: Path, size: int, *, begins_special: bool
) -> Vocabulary:
    """The vocabulary of a tokenizer.json with byte fallback.

    Raises:
        ModelError: it treats blanks in a way that llama.cpp has not, or lacks single bytes.
    """
    tokens, types = tokens_and_types(data, file, size)
    kinds = gguf_package().TokenType
    vocab = data["model"]["vocab"]
    added = {token["id"] for token in data["added_tokens"]}
    for byte in range(256):
        number = vocab.get(f"<0x{byte:02X}>")
        if number is None:
            raise ModelError(f"{file}: has no token for the byte {byte:#04x}.")
        types[number] = int(kinds.BYTE)
    if (unknown := data["model"].get("unk_token")) in vocab:
        types[vocab[unknown]] = int(kinds.UNKNOWN)
    blank_first, notice = _blank_first(data, file, begins_special)
    must_say, notices = strip_rule(data, file)
    return Vocabulary(
        model="llama",
        pre="default",
        tokens=tuple(tokens),
        types=tuple(types),
        scores=tuple(_scores(data, tokens, added)),
        blank_first=blank_first,
        name_must_say=must_say,
        notices=(*notice, *notices),
    )


def _scores(data: Mapping[str, Any], tokens: list[str], added: set[int]) -> list[float]:
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(data["model"]["merges"]):
        pair = merge.split(" ") if isinstance(merge, str) else merge
        ranks.setdefault("".join(pair), rank)
    scores = []
    for number, token in enumerate(tokens):
        if number in added:
            scores.append(ADDED_SCORE)
        else:
            scores.append(-float(ranks[token]) if token in ranks else UNMADE_SCORE)
    return scores


def _blank_first(
    data: Mapping[str, Any], file: Path, begins_special: bool
) -> tuple[bool, list[str]]:
    """Whether a blank comes before each stretch of text, and what is not quite the same."""
    steps = _steps(data.get("normalizer"), "normalizers")
    cutter = _steps(data.get("pre_tokenizer"), "pretokenizers")
    replaces = {"type": "Replace", "pattern": {"String": " "}, "content": BLANK}
    prepends = {"type": "Prepend", "prepend": BLANK}
    splits = [step for step in cutter if step.get("type") == "Split"]
    harmless = all(step.get("pattern") == {"String": " "} for step in splits)
    if len(splits) == len(cutter) and harmless and steps in ([prepends, replaces], [replaces]):
        return steps[0] == prepends, []
    if not steps and len(cutter) == 1 and cutter[0].get("type") == "Metaspace":
        scheme = cutter[0].get("prepend_scheme", "always")
        if cutter[0].get("split") is False and cutter[0].get("replacement") == BLANK:
            first = scheme == "first"
            blank = scheme == "always" or (first and not begins_special)
            said = "always" if blank else "never"
            notices = [FIRST_NOTICE.format(said)] if first else []
            return blank, [*notices, *[LEADING_NOTICE] * blank]
    raise ModelError(
        f"{file}: treats blanks in a way that llama.cpp has not (normalizer "
        f"{[step.get('type') for step in steps]}, pre_tokenizer "
        f"{[step.get('type') for step in cutter]})."
    )


def _steps(part: Mapping[str, Any] | None, key: str) -> list[dict[str, Any]]:
    if part is None:
        return []
    return [dict(step) for step in part[key]] if part.get("type") == "Sequence" else [dict(part)]
