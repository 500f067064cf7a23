r"""Tokens to text as they come: no half characters, no half stop strings.

    tokens    [ Hel ] [ lo\n ] [ \n# ] [ ## ]       stop: "\n\n"
    told      "Hel"   "lo"     (cut: stop)

Text that may be the beginning of a stop string is held back until it is or is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

HALF = "\ufffd"


class Spelling:
    """The text of an answer while it grows.

    Args:
        decode: token ids to text.
        stop: strings that end the answer and are not part of it.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stop: Sequence[str]) -> None:
        self._decode, self._stop = decode, tuple(stop)
        self._ids: list[int] = []
        self._known, self._read = 0, 0
        self._held = ""
        self.is_stopped = False

    def add(self, token: int) -> str:
        """The text that is certain after one more token; often empty."""
        self._ids.append(token)
        text = self._new_text(is_end=False)
        return self._certain(text) if text else ""

    def end(self) -> str:
        """What was held back, once no more tokens come."""
        text = self._certain(self._new_text(is_end=True))
        if self.is_stopped:
            return text
        text, self._held = text + self._held, ""
        return text

    def _new_text(self, *, is_end: bool) -> str:
        """Text of the tokens that were not told, read beside those before them.

        A tokenizer's decoder looks at the tokens before (a leading space is dropped only at the
        very beginning), so a few that are known already are decoded again.
        """
        before = self._decode(self._ids[self._known : self._read])
        text = self._decode(self._ids[self._known :])
        if len(text) <= len(before) or (text.endswith(HALF) and not is_end):
            return ""
        self._known, self._read = self._read, len(self._ids)
        return text[len(before) :]

    def _certain(self, text: str) -> str:
        whole = self._held + text
        places = [place for stop in self._stop if (place := whole.find(stop)) >= 0]
        if places:
            self.is_stopped, self._held = True, ""
            return whole[: min(places)]
        held = max((_overlap(whole, stop) for stop in self._stop), default=0)
        self._held = whole[len(whole) - held :]
        return whole[: len(whole) - held]


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text are the beginning of the stop string."""
    most = min(len(text), len(stop) - 1)
    return next((size for size in range(most, 0, -1) if text.endswith(stop[:size])), 0)
