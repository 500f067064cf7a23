"""Answers without the names of who gave them: "I'm Claude, made by Anthropic" tells a judge whom
to prefer, be it a person or a model.

Masked are, each by `[name]`:

- what a text calls itself: "I'm NAME", "my name is NAME", and the same in a few other languages;
- its maker, where it speaks of itself: "I was trained by NAME";
- names that are handed in (of models and adapters) wherever they stand, if they are distinctive:
  with a digit, a hyphen, a slash or an underscore, so that an arm called `prompt` masks no prompt.

It is a list of patterns, not understanding: style, layout and length still tell arms apart, and a
name in other words passes. A text that only speaks *about* a model ("Claude Monet", "the Gemini
twins") is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MASK = "[name]"

MODELS = (
    "chatgpt", "gpt", "openai", "claude", "anthropic", "gemini", "gemma", "bard", "palm",
    "deepmind",
    "google", "llama", "meta ai", "meta", "qwen", "tongyi", "alibaba cloud", "alibaba", "mistral",
    "mixtral", "deepseek", "phi", "microsoft", "copilot", "bing", "grok", "xai", "vicuna", "alpaca",
    "koala", "falcon", "olmo", "allenai", "granite", "ibm", "nemotron", "nvidia", "smollm",
    "hugging face", "huggingface", "command r", "cohere", "yi", "01.ai", "kimi", "moonshot ai",
    "glm", "zhipu", "ernie", "baidu", "nova", "amazon", "titan", "siri", "apple", "alexa",
    "internlm", "baichuan", "stablelm", "stability ai", "dolly", "databricks", "zephyr", "jamba",
    "whet-nano", "whet",
)  # fmt: skip
"""Models and their makers, as they name themselves."""

_KNOWN = "|".join(re.escape(name) for name in sorted(MODELS, key=len, reverse=True))
_TAIL = (
    r"(?:[-\s]?v?\d\w*(?:\.\w+)*"
    r"|[-\s](?:pro|turbo|mini|nano|instruct|chat|opus|sonnet|haiku|flash))*"
)
_MODEL = rf"(?:{_KNOWN}){_TAIL}(?![\w-])"

_SELF = (
    r"\b(?:i\s?['\u2019]?\s?a?m|call\s+me|you(?:\s?['\u2019]re|\s+are)"
    r"\s+(?:talking|speaking|chatting)\s+(?:to|with)|ich\s+bin|je\s+suis|(?:yo\s+)?soy|(?:io\s+)?sono"
    r"|eu\s+sou|ik\s+ben)\s+(?:called\s+|named\s+|known\s+as\s+)?"
)
_SELF_MODEL = re.compile(rf"({_SELF}(?:(?:an?|the)\s+)?|\bthis\s+is\s+)({_MODEL})", re.IGNORECASE)
_PERSON = r"[^\W\d_a-z][\w-]*(?:\s[^\W\d_a-z][\w-]*){0,2}"
_SELF_PERSON = re.compile(
    rf"(\b[Ii]\s?(?:['\u2019]m|am)\s+)({_PERSON})"
    r"(?=\s?[,.!]?\s{1,3}(?:your|an?|the|from|and\sI)\b)"
)
_NAMED = re.compile(
    r"((?i:\bmy\s+name(?:\s+is|['\u2019]s)|\bi(?:['\u2019]m|\s+am)\s+(?:called|named)"
    r"|\bmein\s+name\s+ist|\bich\s+hei(?:\u00dfe|sse)|\bje\s+m['\u2019]appelle|\bme\s+llamo"
    rf"|\bmi\s+nombre\s+es|\bmi\s+chiamo|\bmeu\s+nome\s+\u00e9)\s+)({_PERSON}|(?i:{_MODEL}))"
)
_MAKER = re.compile(
    r"(\b(?:trained|developed|created|built|made|designed|provided|powered|entwickelt|trainiert)\s+"
    rf"(?:by|von|at)\s+)({_MODEL})",
    re.IGNORECASE,
)
_OF_ITSELF = re.compile(
    r"\b(?:i|i['\u2019]m|me|my|ich|assistant|language\s+model|ai\s+model|chatbot)\b", re.IGNORECASE
)
_NO_NAME = frozenset((
    "sorry", "glad", "happy", "afraid", "not", "sure", "here", "also", "just", "very", "so",
    "really", "pleased", "delighted", "ok", "okay", "an", "a", "the", "your", "unable", "able",
    "going", "only", "still", "now",
))  # fmt: skip
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?=\S)[^.!?\n]*)*[.!?\n]*")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without names, and the names that were taken out, in order."""

    text: str
    names: tuple[str, ...] = ()


def mask_names(text: str, names: Iterable[str] = ()) -> Masked:
    """The text with self-naming masked.

    Args:
        text: An answer.
        names: Of the models, adapters and arms that may have given it; a path counts by its last
            part too. Only distinctive ones are looked for.
    """
    found: list[str] = []

    def hide(match: re.Match[str]) -> str:
        if match[2].split()[0].casefold() in _NO_NAME:
            return match[0]
        found.append(match[2])
        return f"{match[1]}{MASK}"

    for pattern in (_SELF_MODEL, _NAMED, _SELF_PERSON):
        text = pattern.sub(hide, text)
    text = _SENTENCE.sub(
        lambda part: _MAKER.sub(hide, part[0]) if _OF_ITSELF.search(part[0]) else part[0], text
    )
    for name in _distinctive(names):
        pattern = re.compile(rf"()(?<![\w-])({re.escape(name)})(?![\w-])", re.IGNORECASE)
        text = pattern.sub(hide, text)
    return Masked(text, tuple(found))


def _distinctive(names: Iterable[str]) -> list[str]:
    """Names that no ordinary text holds, the longest first."""
    parts = {part for name in names for part in (name, name.rstrip("/").rpartition("/")[2])}
    kept = [part for part in parts if len(part) > 3 and re.search(r"[\d/_-]", part)]
    return sorted(kept, key=lambda part: (-len(part), part))
