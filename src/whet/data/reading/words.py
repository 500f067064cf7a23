"""The words by which columns are recognised, in ranks: a later rank counts only when a file has
no word of the earlier ones. Two columns of one rank are an error that names both.
"""

from __future__ import annotations

COLUMN_KEYS = (
    "messages", "instruction", "input", "output", "prompt", "completion", "text",
    "chosen", "rejected", "label", "thinking", "system", "history", "tools", "group",
)  # fmt: skip
"""The keys that `data.columns` may map."""

Ranks = tuple[tuple[str, ...], ...]

INPUT_WORDS: Ranks = (
    ("input", "prompt", "question", "query", "request", "problem", "instruction"),
    ("text", "sentence", "utterance", "message", "review", "source", "user"),
)
OUTPUT_WORDS: Ranks = (
    ("output", "completion", "response", "answer", "reply", "target", "solution", "expected"),
    ("label", "category", "intent", "class", "summary", "translation", "assistant"),
    ("targets", "answers", "answer_key", "result", "explanation"),
)
MESSAGES_WORDS: Ranks = (("messages", "conversations", "conversation"),)
CONTEXT_WORDS: Ranks = (("input",), ("context",))
CHOSEN_WORDS: Ranks = (("chosen", "chosen_messages", "chosen_response"),)
REJECTED_WORDS: Ranks = (("rejected", "rejected_messages", "rejected_response"),)
LABEL_WORDS: Ranks = (("label", "kto_tag", "desirable"),)
THINKING_WORDS: Ranks = (("reasoning_content", "thinking", "reasoning", "chain_of_thought"),)
OTHER_WORDS: dict[str, Ranks] = {
    "system": (("system", "system_prompt"),),
    "tools": (("tools",),),
    "history": (("history",),),
}
METADATA_WORDS = frozenset((
    "id", "meta", "metadata", "url", "timestamp", "date", "title", "source", "language", "lang",
    "split", "subset", "set", "dump", "file_path", "path",
))  # fmt: skip
"""Columns that may stand beside `text` in a file of bare text."""
