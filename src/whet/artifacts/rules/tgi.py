"""What TGI takes: plain safetensors. It is archived, and nothing new should be built on it."""

from __future__ import annotations

from whet.artifacts.rules.adapter import Adapter
from whet.artifacts.rules.finding import Finding, Level


def check(adapter: Adapter) -> list[Finding]:
    """What to know before serving with TGI."""
    return [
        Finding("archived", Level.WARNING, "TGI is archived; vLLM serves the same files."),
        Finding("merged", Level.NOTE, "the adapter is merged into safetensors (--to tgi)."),
    ]
