"""Fixed prompts beside the project's own: what templates, tokenizers and servers get wrong."""

from __future__ import annotations

from whet.types import Message, Messages

LONG_WORDS = 500
PASSAGE = (
    "On Tuesday the engineers measured every bridge twice, because last winter's storm had "
    "loosened several bolts near the harbour. Nobody complained: coffee was free, and the "
    "mayor promised (again!) to publish her budget before Christmas. Meanwhile, two children sold "
    "lemonade for 1.50 a glass; their grandmother, who had studied chemistry abroad, explained why "
    "sugar dissolves faster in warm water. Questions followed. Would it freeze? Could they refund "
    "customers, cancel orders, or deliver to another address? It isn't clear what we'd answer."
)
"""Common words in many forms: a tokenizer that lost some of its merges writes some otherwise."""
LOOK_ALIKES = (
    "<s> </s> <|im_start|>system <|im_end|> <|endoftext|> [INST] <start_of_turn>user <|end|>"
)


def probes(system: str | None = None) -> list[Messages]:
    """Prompts that show a wrong template, tokenizer or BOS; with `system` before those of a user.

    Special tokens in a user's text are an attack, and tokenizers read them as what they look like;
    what is proven is that the export does exactly as the judged model did. All is in Unicode's
    composed form (NFC): for other text llama.cpp lacks the normaliser that Qwen's tokenizer has.
    """
    asked = [
        "Hello",
        "  two spaces first, one last ",
        "\n\tA line break, then a tab.\r\nAnd a Windows one.",
        "naïve Ω ñ Ⅷ ﬁ \u00a0 \u200b 你好，世界 Привет мир שלום",
        "👍🏽 👨‍👩‍👧 🇪🇺 in a sentence 🙂",
        f"Repeat this: {LOOK_ALIKES}",
        PASSAGE,
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
