"""Single tokens as text and as bytes, for log-probabilities."""

from __future__ import annotations

import re
from typing import Any

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
HALF = "\ufffd"


class TokenTexts:
    """Each token id's own text and bytes.

    A token may be half a character: then its text shows a replacement sign, and its bytes are the
    ones it stands for.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
        self._anchored = self._plain(self._anchor)
        self._known: dict[int, tuple[str, bytes]] = {}

    def of(self, token: int) -> tuple[str, bytes]:
        """Text and bytes of a token."""
        if token not in self._known:
            # Behind another token: alone, some decoders drop its leading space.
            text = self._plain([*self._anchor, token])[len(self._anchored) :]
            self._known[token] = (text, self._bytes(token, text))
        return self._known[token]

    def _plain(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(
            ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def _bytes(self, token: int, text: str) -> bytes:
        if HALF not in text:
            return text.encode("utf-8", "replace")
        piece = str(self._tokenizer.convert_ids_to_tokens(token))
        if found := BYTE.fullmatch(piece):
            return bytes([int(found[1], 16)])
        if all(character in BYTE_OF for character in piece):
            return bytes(BYTE_OF[character] for character in piece)
        return text.encode()


def _byte_of() -> dict[str, int]:
    """GPT-2's alphabet of bytes: printable ones stand for themselves, the others from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + number): byte for number, byte in enumerate(others)
    }


BYTE_OF = _byte_of()
