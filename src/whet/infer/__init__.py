"""Completers: a local model, an HTTP endpoint, a fake, a cache before any, and ready answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.infer.cache import CachedCompleter
from whet.infer.endpoint import EndpointCompleter
from whet.infer.fake import FakeCompleter
from whet.infer.ready import load_answers

if TYPE_CHECKING:
    from whet.infer.local import LocalCompleter

__all__ = [
    "CachedCompleter",
    "EndpointCompleter",
    "FakeCompleter",
    "LocalCompleter",
    "load_answers",
]


def __getattr__(name: str) -> Any:
    """`LocalCompleter` on first use: it imports torch, and the others do without."""
    if name == "LocalCompleter":
        from whet.infer.local import LocalCompleter

        return LocalCompleter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
