"""Whether both engines gave their models the same prompt, token by token."""

from __future__ import annotations

from collections.abc import Sequence

from whet.artifacts.parity.causes import Cause
from whet.artifacts.parity.spelling import spelt
from whet.engines.engine import Answer, Engine

BEFORE, AFTER = 6, 6


def compare_prompt(
    judged: Engine, index: int, a: Answer, b: Answer, bos_id: int | None, same_template: bool
) -> Cause | None:
    """Why the prompts differ; None where they do not, or where nothing is told of them.

    `same_template`: both told theirs and they are equal, so only tokenizing can differ.
    """
    if a.prompt_ids is None:
        return None
    if b.prompt_ids is None:
        return _by_count(index, a, b)
    one, two = list(a.prompt_ids), list(b.prompt_ids)
    if one == two:
        return None
    if bos_id is not None and two == [bos_id, *one]:
        doubled = one[:1] == [bos_id]
        what, seen = (
            ("doubled BOS", "twice") if doubled else ("added BOS", "before a prompt that has none")
        )
        return Cause(what, f"prompt {index} begins with {spelt(judged, [bos_id])!r} {seen}")
    if bos_id is not None and one == [bos_id, *two]:
        return Cause("missing BOS", f"prompt {index} begins without {spelt(judged, [bos_id])!r}")
    if bos_id is not None and two[:2] == [bos_id, bos_id] != one[:2]:
        return Cause("doubled BOS", f"prompt {index} begins with {spelt(judged, [two[0]])!r} twice")
    return _parted(judged, index, one, two, same_template)


def _by_count(index: int, a: Answer, b: Answer) -> Cause | None:
    assert a.prompt_ids is not None
    if b.num_prompt_tokens is None or b.num_prompt_tokens == len(a.prompt_ids):
        return None
    told = (
        f"prompt {index} is {len(a.prompt_ids):,} tokens judged, {b.num_prompt_tokens:,} exported"
    )
    if b.num_prompt_tokens == len(a.prompt_ids) + 1:
        return Cause("another prompt", f"{told}: one more, as a doubled BOS would be")
    return Cause("another prompt", f"{told}: another template or tokenizer")


def _parted(
    judged: Engine, index: int, one: Sequence[int], two: Sequence[int], same_template: bool
) -> Cause:
    pairs = enumerate(zip(one, two, strict=False))
    at = next((i for i, (x, y) in pairs if x != y), min(len(one), len(two)))
    begin = max(0, at - BEFORE)
    a, b = one[begin : at + AFTER], two[begin : at + AFTER]
    texts = f"{spelt(judged, a)!r} judged, {spelt(judged, b)!r} exported"
    tokenizer = same_template or spelt(judged, one) == spelt(judged, two)
    what = "another tokenizer" if tokenizer else "another prompt"
    why = "" if tokenizer else " (the template, or how it is tokenized)"
    return Cause(
        what, f"prompt {index} parts at token {at}{why}: {texts}; ids {list(a)}, {list(b)}"
    )
