"""The licence of a base model, where its folder says."""

from __future__ import annotations

import re
from pathlib import Path

FRONT = re.compile(r"\A---\s*\n(.*?)\n---", re.DOTALL)
LINE = re.compile(r"^license:\s*[\"']?([A-Za-z0-9.\-]+)[\"']?\s*$", re.MULTILINE)
NAMES = {
    "Apache License": "apache-2.0",
    "MIT License": "mit",
    "LLAMA 3.1 COMMUNITY": "llama3.1",
    "LLAMA 3.2 COMMUNITY": "llama3.2",
    "Gemma Terms of Use": "gemma",
}
MAX_CHARS = 200_000


def licence_of(folder: Path) -> str | None:
    """The hub's name of the licence: as the model's own card says, or by its LICENSE file."""
    card = _text(folder / "README.md")
    front = FRONT.match(card)
    said = LINE.search(front[1]) if front else None
    if said:
        return said[1]
    text = _text(folder / "LICENSE")[:500]
    return next((name for words, name in NAMES.items() if words.lower() in text.lower()), None)


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > MAX_CHARS:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")
