"""The first token at which two greedy answers part, and whether that is a tie or a fault.

Of two engines that differ by at most t in every log-probability, one may prefer a token and the
other another only where the two lie closer than 2 t. Such a tie is nobody's fault. If they part
elsewhere, the exported engine did not take its own most likely token: it samples, penalises
repetition, or stops where it should not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from whet.artifacts.parity.causes import Cause
from whet.artifacts.parity.spelling import spelt
from whet.engines.engine import Answer, Engine, Logprobs

CONTEXT = 8
BROKEN = "\ufffd"
"""What stands for bytes that are no character."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where prompt `index` parts: after `at` tokens of the judged answer.

    `told` shows both tokens with what both engines hold of them. `tie` is whether the judged model
    holds them equally likely within the tolerance; `cause` what is wrong where it does not.
    """

    index: int
    at: int
    told: str
    tie: bool
    cause: Cause | None


def parting(
    judged: Engine,
    index: int,
    a: Answer,
    b: Answer,
    la: Logprobs,
    lb: Logprobs | None,
    most: float,
) -> Parting | None:
    """Where two answers part; None where they say the same and end alike.

    `la` and `lb` run along a's answer; `most` is the tolerance on a log-probability.
    """
    if a.output_ids is None or (b.output_ids is None and same_text(a, b)):
        return None
    if b.output_ids is None:
        return _by_text(judged, index, a, b, la, lb, most)
    one, two = list(a.output_ids), list(b.output_ids)
    at = _first_difference(one, two)
    if at == len(one) == len(two) and a.stopped == b.stopped:
        return None if same_text(a, b) else _written_otherwise(index, a, b)
    if at >= len(la):
        return None
    mine = one[at] if at < len(one) else int(la[at].argmax())
    if at < len(two):
        yours = two[at]
    elif lb is not None:
        yours = int(lb[at].argmax())
    else:
        return _ended(judged, index, at, a, b, mine)
    if mine == yours:
        return _ended(judged, index, at, a, b, mine)
    return _parted(judged, index, at, a, (mine, yours), la, lb, most)


def same_text(a: Answer, b: Answer) -> bool:
    """Whether both say the same.

    A SentencePiece answer begins with a blank of the tokenizer's, which transformers takes away
    and llama.cpp does not; half a character at the limit is shown as \ufffd, or left out; and of
    bytes that are no UTF-8 transformers replaces a whole run, llama.cpp what is broken in it. That
    alone, of the same tokens, is no other answer.
    """
    one, two = (x.text if x.stopped else x.text.rstrip(BROKEN) for x in (a, b))
    if two in (one, f" {one}"):
        return True
    if BROKEN not in one or a.output_ids is None or a.output_ids != b.output_ids:
        return False
    parts = re.split(f"({BROKEN}+)", one)
    shown = (f".{{0,{len(p)}}}" if p.startswith(BROKEN) else re.escape(p) for p in parts)
    return re.fullmatch(" ?" + "".join(shown), two, re.DOTALL) is not None


def _written_otherwise(index: int, a: Answer, b: Answer) -> Parting:
    told = f"prompt {index}: the same tokens are {a.text[:60]!r} judged, {b.text[:60]!r} exported"
    return Parting(index, len(a.output_ids or ()), told, False, Cause("another text", told))


def _first_difference(one: Sequence[int], two: Sequence[int]) -> int:
    pairs = enumerate(zip(one, two, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(one), len(two)))


def _ended(judged: Engine, index: int, at: int, a: Answer, b: Answer, token: int) -> Parting | None:
    """Both would say the same token, but only one takes it for the end."""
    first, second = len(a.output_ids or ()), len(b.output_ids or ())
    goes_on = first == at and a.stopped and (second > at or not b.stopped)
    ends = second == at and b.stopped and (first > at or not a.stopped)
    if not goes_on and not ends:
        return None  # one of them came to the limit
    name = f"{spelt(judged, [token])!r} ({token})"
    where = f"prompt {index}, after {at} tokens {_before(judged, a, at)!r}"
    if goes_on:
        cause = Cause("dropped stop token", f"{where}: the export says {name} and goes on")
    else:
        cause = Cause("another stop token", f"{where}: the export ends at {name}")
    return Parting(index, at, str(cause), False, cause)


def _parted(
    judged: Engine,
    index: int,
    at: int,
    a: Answer,
    tokens: tuple[int, int],
    la: Logprobs,
    lb: Logprobs | None,
    most: float,
) -> Parting:
    mine, yours = tokens
    gap = float(la[at, mine] - la[at, yours])
    told = (
        f"prompt {index}, after {at} tokens {_before(judged, a, at)!r}: judged "
        f"{spelt(judged, [mine])!r} ({la[at, mine]:.6g}; the other {la[at, yours]:.6g})"
    )
    told += f", exported {spelt(judged, [yours])!r}"
    if lb is not None:
        told += f" ({lb[at, yours]:.6g}; the other {lb[at, mine]:.6g})"
    if gap <= 2 * most:
        return Parting(index, at, f"{told}; a tie: {gap:.3g} apart", True, None)
    if lb is not None and int(lb[at].argmax()) == mine:
        cause = Cause("not greedy", f"the export does not say its own most likely token: {told}")
    else:
        cause = Cause("another answer", told)
    return Parting(index, at, told, False, cause)


def _before(judged: Engine, a: Answer, at: int) -> str:
    return spelt(judged, (a.output_ids or ())[max(0, at - CONTEXT) : at])


def _by_text(
    judged: Engine,
    index: int,
    a: Answer,
    b: Answer,
    la: Logprobs,
    lb: Logprobs | None,
    most: float,
) -> Parting | None:
    """The same for an engine that tells text only: the judged token in which the texts part."""
    ids = a.output_ids or ()
    same = _common(a.text, b.text)
    at = next((n for n in range(len(ids)) if len(spelt(judged, ids[: n + 1])) > same), len(ids))
    if at == len(ids) and b.text.startswith(a.text) and a.stopped:
        told = (
            f"prompt {index}: the export goes on after {a.text[-40:]!r} with {b.text[same:][:40]!r}"
        )
        second = float(_gap(la[at])) if at < len(la) else float("inf")
        if second <= 2 * most:
            return Parting(index, at, f"{told}; a tie: {second:.3g} apart", True, None)
        return Parting(index, at, told, False, Cause("dropped stop token", told))
    gap = _gap(la[min(at, len(la) - 1)])
    told = (
        f"prompt {index}, after {at} tokens {_before(judged, a, at)!r}: judged "
        f"{a.text[same:][:40]!r}, exported {b.text[same:][:40]!r}"
    )
    if lb is not None:
        told += f"; exported, forced: {spelt(judged, [int(lb[at].argmax())])!r}"
    if gap <= 2 * most:
        return Parting(index, at, f"{told}; a tie: {gap:.3g} apart", True, None)
    return Parting(index, at, told, False, Cause("another answer", told))


def _gap(scores: Logprobs) -> float:
    """How far the two most likely tokens of a position, [vocabulary], lie apart."""
    second, first = sorted(scores.tolist())[-2:]
    return float(first - second)


def _common(one: str, two: str) -> int:
    pairs = enumerate(zip(one, two, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(one), len(two)))
