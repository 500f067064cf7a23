"""An answer told piece by piece while it is written; the pieces joined are the answer's text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, runtime_checkable

from whet.types import Completer, Completion, Decoding, Messages, Tools

Told = Callable[[str], None]
UNFINISHED = "\ufffd"
"""What the first bytes of a character decode to, before its last are there."""


@runtime_checkable
class Streaming(Protocol):
    """A completer that can tell an answer while it is written."""

    def stream(
        self, prompt: Messages, decoding: Decoding, told: Told, tools: Tools = ()
    ) -> Completion:
        """One completion, of which every piece of text is told as soon as it is certain."""
        ...


def stream(
    completer: Completer, prompt: Messages, decoding: Decoding, told: Told, tools: Tools = ()
) -> Completion:
    """One completion, told piece by piece where the completer can, else all at once."""
    if isinstance(completer, Streaming):
        return completer.stream(prompt, decoding, told, tools)
    done = completer.complete([prompt], decoding, [tools])[0]
    told(done.text)
    return done


class Teller:
    """Tells what of an answer's text is certain, each character once.

    Held back are the bytes of an unfinished character, and an end that may be the start of a stop
    string, which would be cut off.
    """

    def __init__(
        self, decode: Callable[[Sequence[int]], str], stops: Collection[str], told: Told
    ) -> None:
        self._decode, self._stops, self._told = decode, stops, told
        self._told_text = ""

    def hear(self, tokens: Sequence[int]) -> None:
        """The answer's tokens so far."""
        self._tell(_certain(self._decode(tokens), self._stops))

    def end(self, text: str) -> None:
        """The whole answer: what was held back is told."""
        self._tell(text)

    def _tell(self, text: str) -> None:
        # A decoder may yet rewrite what it has not finished; what was told is never taken back.
        if len(text) > len(self._told_text) and text.startswith(self._told_text):
            self._told(text[len(self._told_text) :])
            self._told_text = text


def _certain(text: str, stops: Collection[str]) -> str:
    """The part of a growing text that stays whatever follows."""
    found = [text.find(stop) for stop in stops if stop in text]
    if found:
        return text[: min(found)]
    text = text.rstrip(UNFINISHED)
    held = max((_overlap(text, stop) for stop in stops), default=0)
    return text[: len(text) - held]


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of a text are the beginning of a stop string."""
    most = min(len(text), len(stop) - 1)
    return next((n for n in range(most, 0, -1) if stop.startswith(text[-n:])), 0)
