"""Log-probabilities of served tokens, which come by their text, against the judged model's."""

from __future__ import annotations

from collections.abc import Sequence

from whet.engines.endpoint import Heard
from whet.engines.engine import Answer, Logprobs
from whet.engines.reference import Reference

LIKELY = 5
SPACE = "\u2581"


def heard_apart(judged: Reference, a: Answer, la: Logprobs, heard: Sequence[Heard]) -> float | None:
    """The largest difference along the tokens in which both answers agree; None without one.

    Compared are the token itself and the judged model's likeliest others, where the server names
    them. A token that is no whole character of text is passed over: its bytes are not told alike.
    """
    largest: float | None = None
    for row, token, said in zip(la, a.output_ids or (), heard, strict=False):
        if said.token not in _writings(judged, token):
            break
        apart = [abs(float(row[token]) - said.logprob)]
        for other in row.argsort()[-LIKELY:].tolist():
            told = [said.top[text] for text in _writings(judged, other) if text in said.top]
            apart += [abs(float(row[other]) - logprob) for logprob in told[:1] if other != token]
        largest = max(apart + ([largest] if largest is not None else []))
    return largest


def _writings(judged: Reference, token: int) -> list[bytes]:
    """How a server may write a token: with the space that it begins with, or without."""
    piece = judged.loaded.tokenizer.convert_ids_to_tokens(token)
    text = judged.spell([token])
    if "\ufffd" in text or piece is None:
        return []
    known = [piece.replace(SPACE, " ")] if SPACE in piece else []
    return [written.encode() for written in dict.fromkeys([*known, text])]
