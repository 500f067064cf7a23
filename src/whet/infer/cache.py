"""Answers kept on disk, so that a baseline is computed once.

One file an identity, one JSON line an answer, appended in one write that begins with a newline:
a line that was torn by a kill ends there, is skipped when read, and is computed again. Several
processes may share the folder; each reads what the others appended before it computes.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from whet.types import Completer, Completion, Decoding, FinishReason, Messages, Tools

FORMAT = 1


class CachedCompleter:
    """A completer that looks on disk first.

    Only deterministic answers (temperature 0) are kept; others pass through. `seconds` of a kept
    answer is what it took when it was computed. What is missing is computed `chunk_size` prompts
    at a time and kept after each chunk, so a kill costs one chunk.

    Attributes:
        num_hits: prompts answered without the inner completer.
        num_misses: prompts handed to it.
    """

    def __init__(self, completer: Completer, folder: Path, *, chunk_size: int = 512) -> None:
        self.identity = completer.identity
        self.num_hits = 0
        self.num_misses = 0
        self._completer = completer
        name = hashlib.sha256(completer.identity.encode()).hexdigest()[:32]
        self._file = folder / f"{name}.jsonl"
        self._chunk_size = chunk_size
        self._known: dict[str, Completion] = {}
        self._offset = 0
        self._lock = threading.Lock()

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """One completion for each prompt, in order; equal prompts are computed once."""
        if decoding.temperature != 0:
            self.num_misses += len(prompts)
            return self._completer.complete(prompts, decoding, tools)
        asked = list(zip(prompts, tools or [()] * len(prompts), strict=True))
        keys = [self._key(prompt, own, decoding) for prompt, own in asked]
        with self._lock:
            self._read_new()
            missing = {k: a for k, a in zip(keys, asked, strict=True) if k not in self._known}
            self.num_hits += len(prompts) - len(missing)
            self.num_misses += len(missing)
            items = list(missing.items())
            for start in range(0, len(items), self._chunk_size):
                self._compute(items[start : start + self._chunk_size], decoding)
            return [self._known[key] for key in keys]

    def _compute(
        self, items: Sequence[tuple[str, tuple[Messages, Tools]]], decoding: Decoding
    ) -> None:
        prompts, tools = [prompt for _, (prompt, _) in items], [own for _, (_, own) in items]
        completions = self._completer.complete(prompts, decoding, tools)
        found = {key: done for (key, _), done in zip(items, completions, strict=True)}
        self._append(found)
        self._known.update(found)

    def _key(self, prompt: Messages, tools: Tools, decoding: Decoding) -> str:
        # The seed has no part in greedy answers, and no tools none in the key.
        asked: dict[str, Any] = {
            "identity": self.identity,
            "messages": list(prompt),
            "max_new_tokens": decoding.max_new_tokens,
            "stop": decoding.stop,
            "choices": decoding.choices,
        }
        asked |= {"tools": list(tools)} if tools else {}
        text = json.dumps(asked, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _append(self, found: dict[str, Completion]) -> None:
        lines = [json.dumps({"v": FORMAT, "key": k, **asdict(c)}) for k, c in found.items()]
        data = ("\n" + "\n".join(lines) + "\n").encode()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)

    def _read_new(self) -> None:
        """Take in what was appended since the last look, up to its last whole line."""
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.split(b"\n"):
            if (entry := _parse(line)) is not None:
                key = entry.pop("key")
                self._known[key] = Completion(**entry)


def _parse(line: bytes) -> dict[str, Any] | None:
    """A kept answer, or None for a blank line, a torn one or one of another format."""
    try:
        entry = json.loads(line)
        if entry.pop("v") != FORMAT:
            return None
        entry["finish_reason"] = FinishReason(entry["finish_reason"])
        return {name: entry[name] for name in ("key", *Completion.__dataclass_fields__)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
