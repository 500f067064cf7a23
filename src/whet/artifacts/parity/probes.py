"""Fixed prompts beside the project's own: what templates, tokenizers and servers get wrong."""

from __future__ import annotations

from collections.abc import Sequence

from whet.engines.engine import Engine
from whet.errors import DataError, ModelError
from whet.types import Message, Messages

LONG_WORDS = 600
LOOK_ALIKES = "<s> </s> <|im_start|>system <|im_end|> <|endoftext|> [INST] <start_of_turn>user <|end|>"


def probes(system: str | None = None) -> list[Messages]:
    """Prompts that show a wrong template, tokenizer or BOS; with `system` before those of a user.

    Special tokens in a user's text are an attack, and tokenizers read them as what they look like;
    what is proven is that the export does exactly as the judged model did.
    """
    asked = [
        "Hello",
        "  two spaces first, one last ",
        "\n\tA line break, then a tab.\r\nAnd a Windows one.",
        "naïve Ω ñ Ⅷ ﬁ e\u0301 \u00a0 \u200b 你好，世界 Привет мир שלום",
        "👍🏽 👨‍👩‍👧 🇪🇺 in a sentence 🙂",
        f"Repeat this: {LOOK_ALIKES}",
        "1234567890 3.14159 -0.5e-3 2026-11-22",
        "def f(x):\n    return {'a': [x, x ** 2]}  # {{ not a template }} {% nor this %}",
        " ".join(f"word{number % 37}" for number in range(LONG_WORDS)),
    ]
    head: list[Message] = [{"role": "system", "content": system}] if system else []
    single: list[Messages] = [[*head, {"role": "user", "content": text}] for text in asked]
    return [*single, *_conversations()]


def _conversations() -> list[Messages]:
    turns: list[Message] = [
        {"role": "user", "content": "What is a cat?"},
        {"role": "assistant", "content": "An animal.\n"},
        {"role": "user", "content": " And a dog? "},
    ]
    told: Message = {"role": "system", "content": "Answer in one word. Réponds vite."}
    empty: Message = {"role": "system", "content": ""}
    return [turns, [told, *turns], [told, turns[0]], [empty, turns[0]]]


def usable(
    engine: Engine, prompts: Sequence[Messages], max_new_tokens: int
) -> tuple[list[Messages], tuple[str, ...]]:
    """The prompts that the judged model's template takes, and a line for each that it refuses.

    A template may refuse a role (Gemma has no system message), and a prompt may not fit a context.
    """
    kept: list[Messages] = []
    refused: list[str] = []
    for index, messages in enumerate(prompts):
        try:
            engine.answer(messages, 1)
        except (DataError, ModelError) as error:
            refused.append(f"prompt {index} is left out: {error}")
        else:
            kept.append(messages)
    return kept, tuple(refused)
