"""What Ollama and LM Studio take. Both run llama.cpp, and whet gives both a merged GGUF.

Ollama converts adapters itself only for a few families (`convert.go`: Llama and Gemma 2), fails
late on others, and loads one adapter a model; LM Studio loads none (mlx-engine #51).
"""

from __future__ import annotations

from whet.artifacts.rules.adapter import Adapter
from whet.artifacts.rules.finding import Finding, Level

MERGED = "The adapter is merged and written as one GGUF"


def check_ollama(adapter: Adapter) -> list[Finding]:
    """How an adapter gets into Ollama."""
    text = f"{MERGED} (--to ollama): Ollama converts few adapters and loads one a model."
    return [Finding("merged", Level.NOTE, text), *_four_bit(adapter)]


def check_lmstudio(adapter: Adapter) -> list[Finding]:
    """How an adapter gets into LM Studio."""
    text = f"{MERGED} (--to lmstudio): LM Studio loads no adapters."
    return [Finding("merged", Level.NOTE, text), *_four_bit(adapter)]


def _four_bit(adapter: Adapter) -> list[Finding]:
    if not adapter.four_bit:
        return []
    text = (
        "trained and judged on a base in NF4, and merged into the base as it is stored: answers"
        " differ a little. The proof of the export measures it."
    )
    return [Finding("qlora", Level.WARNING, text)]
