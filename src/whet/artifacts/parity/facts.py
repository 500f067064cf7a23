"""What two engines say of their models: template, BOS, stop tokens, sizes."""

from __future__ import annotations

from collections.abc import Sequence

from whet.artifacts.parity.causes import Cause
from whet.artifacts.parity.spelling import spelt
from whet.engines.engine import Engine, Facts

CONTEXT_CHARS = 30


def compare_facts(judged: Engine, exported: Engine) -> tuple[list[Cause], list[str]]:
    """Faults, and what differs without being one. What an engine does not tell is not judged."""
    a, b = judged.facts(), exported.facts()
    faults, notes = [], []
    if b.template is not None and a.template is not None and a.template != b.template:
        faults.append(Cause("wrong template", _where_texts_part(a.template, b.template)))
    if lost := _lost_stops(a, b):
        names = ", ".join(f"{spelt(judged, [i])!r} ({i})" for i in lost)
        faults.append(Cause("dropped stop token", f"the export does not stop at {names}"))
    if a.vocabulary and b.vocabulary and a.vocabulary != b.vocabulary:
        told = f"{a.vocabulary:,} tokens judged, {b.vocabulary:,} exported"
        faults.append(Cause("another tokenizer", told))
    if a.bos_id is not None and b.bos_id is not None and a.bos_id != b.bos_id:
        faults.append(Cause("another tokenizer", f"BOS is {a.bos_id} judged, {b.bos_id} exported"))
    if b.eos_id is not None and a.eos_id is not None and a.eos_id != b.eos_id:
        notes.append(f"EOS is {a.eos_id} judged, {b.eos_id} exported")
    if a.adds_bos is not None and b.adds_bos is not None and a.adds_bos != b.adds_bos:
        does = "puts" if b.adds_bos else "puts no"
        notes.append(f"the export {does} BOS before bare text (not chats), the judged model not so")
    if a.context and b.context and b.context < a.context:
        notes.append(f"the export takes {b.context:,} tokens, the judged model {a.context:,}")
    return faults, notes


def _lost_stops(a: Facts, b: Facts) -> Sequence[int]:
    if a.stop_ids is None or b.stop_ids is None:
        return ()
    return [token for token in a.stop_ids if token not in b.stop_ids]


def _where_texts_part(a: str, b: str) -> str:
    if not b:
        return "the export has none"
    pairs = enumerate(zip(a, b, strict=False))
    at = next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))
    begin = max(0, at - CONTEXT_CHARS // 2)
    one, two = a[begin : at + CONTEXT_CHARS], b[begin : at + CONTEXT_CHARS]
    return f"from character {at:,} on {one!r} judged, {two!r} exported"
