"""Log-probabilities of served tokens, which come by their text, against the judged model's."""

from __future__ import annotations

from collections.abc import Sequence

from whet.engines.endpoint import Heard
from whet.engines.engine import Answer, Logprobs
from whet.engines.reference import Reference

LIKELY = 5
SPACE = "\u2581"


def heard_apart(judged: Reference, a: Answer, la: Logprobs, heard: Sequence[Heard]) -> float | None:
    """The largest difference up to the token at which the answers part; None where none is told.

    Compared are the token itself and the judged model's likeliest others, where the server names
    them. A token that is no whole character of text is passed over: its bytes are not told alike.
    """
    apart: list[float] = []
    for row, token, said in zip(la, a.output_ids or (), heard, strict=False):
        for likely in {token, *row.argsort()[-LIKELY:].tolist()}:
            written = _writings(judged, likely)
            told = [said.top[text] for text in written if text in said.top]
            told += [said.logprob] if said.token in written else []
            apart += [abs(float(row[likely]) - logprob) for logprob in told[:1]]
        if said.token not in _writings(judged, token):
            break  # from here on the two are asked to go on from different answers
    return max(apart, default=None)


def _writings(judged: Reference, token: int) -> list[bytes]:
    """How a server may write a token: with the space that it begins with, or without."""
    piece = judged.loaded.tokenizer.convert_ids_to_tokens(token)
    text = judged.spell([token])
    if "\ufffd" in text or piece is None:
        return []
    known = [piece.replace(SPACE, " ")] if SPACE in piece else []
    return [written.encode() for written in dict.fromkeys([*known, text])]
