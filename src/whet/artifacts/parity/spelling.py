"""Token ids as a person reads them, by an engine that can write them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from whet.engines.engine import Engine


@runtime_checkable
class Spells(Protocol):
    """An engine with a tokenizer at hand."""

    def spell(self, ids: Sequence[int]) -> str:
        """The text of the tokens, special ones written out."""
        ...


def spelt(engine: Engine, ids: Sequence[int]) -> str:
    """The tokens' text, or their numbers where the engine has no tokenizer."""
    if isinstance(engine, Spells):
        return engine.spell(ids)
    return " ".join(map(str, ids))
