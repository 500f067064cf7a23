"""The rule by which a byte-level tokenizer cuts text into words, by llama.cpp's name for it.

llama.cpp knows such rules by name only. Its converter finds the name by encoding one text and
looking the hash of the ids up, so a new vocabulary under an old rule is unknown to it. Here the
same text is cut by the tokenizer's rule and by each known rule: equal words, equal name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import ModelError

_CASE = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_HEAD = r"[^\r\n\p{L}\p{N}]?"
_LLAMA3 = rf"{_CASE}|{_HEAD}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_TAIL}"
_QWEN2 = rf"{_CASE}|{_HEAD}\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_TAIL}"
_QWEN35 = rf"{_CASE}|{_HEAD}[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_TAIL}"
_TEKKEN = (
    rf"{_HEAD}{_UPPER}*{_LOWER}+|{_HEAD}{_UPPER}+{_LOWER}*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*"
    rf"|{_TAIL}"
)
_GPT4O = (
    rf"{_HEAD}{_UPPER}*{_LOWER}+{_CASE}?|{_HEAD}{_UPPER}+{_LOWER}*{_CASE}?|\p{{N}}{{1,3}}"
    rf"| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_TAIL}"
)

PROBE = (
    "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n🚀 (normal) 😶\u200d🌫️ (multiple emojis "
    "concatenated) ✅ 🦙🦙 3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3 3...3 "
    "កាន់តែពិសេសអាច😁 ?我想在apple工作1314151天～ ------======= нещо на Български "
    "''''''```````\"\"\"\"......!!!!!!?????? I've been 'told he's there, 'RE you sure? 'M not "
    "sure I'll make it, 'D you like some tea? We'Ve a'lL camelCase HTTPServer ÉcoleÉTÉ "
    "e\u0301te\u0301 path/to//x\n//y हिन्दी ½ Ⅷ x² a1b22c333d4444  two   three    end  "
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One of llama.cpp's rules: its name, as tokenizers writes it, and whether a word that is a
    token of its own is taken without merging.
    """

    name: str
    pre_tokenizer: Mapping[str, Any]
    ignore_merges: bool = False


def _split(pattern: str) -> dict[str, Any]:
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return {"type": "Sequence", "pretokenizers": [split, _bytes(use_regex=False)]}


def _bytes(*, use_regex: bool) -> dict[str, Any]:
    return {
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
        "use_regex": use_regex,
    }  # fmt: skip


RULES = (
    Rule("gpt-2", _bytes(use_regex=True)),
    Rule("llama-bpe", _split(_LLAMA3), ignore_merges=True),
    Rule("dbrx", _split(_LLAMA3)),
    Rule("qwen2", _split(_QWEN2)),
    Rule("qwen35", _split(_QWEN35)),
    Rule("tekken", _split(_TEKKEN), ignore_merges=True),
    Rule("gpt-4o", _split(_GPT4O)),
    Rule(
        "smollm",
        {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                _bytes(use_regex=True),
            ],
        },
    ),
)


def rule_name(data: Mapping[str, Any], file: Path) -> str:
    """llama.cpp's name for a tokenizer.json's rule.

    Raises:
        ModelError: it has no such rule.
    """
    words = _words(data["pre_tokenizer"])
    ignores = bool(data["model"].get("ignore_merges"))
    for rule in RULES:
        if rule.ignore_merges == ignores and _words(rule.pre_tokenizer) == words:
            return rule.name
    raise ModelError(
        f"{file}: cuts text by a rule that is not known here (pre_tokenizer "
        f"{json.dumps(data['pre_tokenizer'])[:200]}, ignore_merges {ignores}). llama.cpp knows "
        f"rules by name; here are {', '.join(rule.name for rule in RULES)}. Name a checkout of "
        "llama.cpp that knows it with --llama-cpp DIR."
    )


def _words(pre_tokenizer: Mapping[str, Any] | None) -> list[str] | None:
    from tokenizers import Tokenizer

    if pre_tokenizer is None:
        return None
    bare: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": None, "pre_tokenizer": pre_tokenizer, "post_processor": None,
        "decoder": None, "model": {"type": "BPE", "vocab": {}, "merges": []},
    }  # fmt: skip
    split = Tokenizer.from_str(json.dumps(bare)).pre_tokenizer.pre_tokenize_str(PROBE)
    return [word for word, _ in split]
