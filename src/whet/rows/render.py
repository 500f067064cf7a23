"""Conversations as token sequences whose loss mask is derived from the chat template.

What is asked and what is answered comes as text from `whet.rows.turns`. The prompt's tokens are
those of the prompt alone, because a server tokenises the prompt alone. Where the tokens of the
answered text begin with them (nearly always) the answer's tokens are the rest; where a token
would straddle the border the answer is tokenised apart.

A turn whose prompt continues the sequence so far is appended to it; a template that rewrites
history (Qwen3 drops earlier thinking) makes a sequence of its own for it. Turns that are not
learnt are context only. Without generation markers nothing after the last stop token is kept;
with them exactly what they enclose is learnt. `whet.rows.proof` checks the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from whet.errors import DataError, ModelError
from whet.rows.learning import Side, sides_of
from whet.rows.sequence import Part, RenderedExample, TokenSequence
from whet.rows.template import PROBE_ANSWER, probe_answer, render_text
from whet.rows.turns import Turn, WhichTurns, turns_of
from whet.types import Example

NEUTRAL_PREFIXES = ("\n", ".", "a", "0")


@dataclass(slots=True)
class _Draft:
    """A sequence that grows turn by turn; what stands after `kept` a next turn may rewrite."""

    ids: list[int]
    learnt: list[bool]
    kept: int


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, without added special tokens: the template writes its own."""
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)[
        "input_ids"
    ]
    return ids


def find_stop_ids(tokenizer: Any, eos_ids: Sequence[int] = ()) -> tuple[int, ...]:
    """Tokens that end a reply: the model's own end tokens and the one that the template writes.

    Raises:
        ModelError: the template ends a reply with no such token, so nobody would learn to stop.
    """
    known = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    known += [i for i in eos_ids if i not in known]
    answer = probe_answer(tokenizer)
    tail = answer[answer.rindex(PROBE_ANSWER) + len(PROBE_ANSWER) :]
    no_end = {tokenizer.bos_token_id, tokenizer.unk_token_id}
    ends = (set(tokenizer.added_tokens_decoder) - no_end) | set(known)
    terminator = next((i for i in encode(tokenizer, [tail])[0] if i in ends), None)
    if terminator is None:
        raise ModelError(_no_end(tail, tokenizer.convert_ids_to_tokens(known)))
    return tuple(dict.fromkeys([terminator, *known]))


def _no_end(tail: str, known: Sequence[str]) -> str:
    seen = f"it writes {tail!r} after the answer" if tail else "it writes nothing after the answer"
    if tail.strip():
        seen += ", which holds no stop token of this tokenizer"
    return (
        "this template trains no end token, so the model would never stop; add {{ eos_token }} "
        f"after the answer ({seen}; the tokenizer's end is {', '.join(known) or 'not set'}). "
        "Name the mended file with `template: FILE.jinja`."
    )


def render_examples(
    examples: Sequence[Example],
    tokenizer: Any,
    stop_ids: Sequence[int],
    *,
    turns: WhichTurns = "all",
) -> list[RenderedExample]:
    """Every example as token sequences, with the answers of its assistant turns learnt.

    Of a preference pair both sides are, after their prompt; of a judged row its last answer.

    Raises:
        ModelError: no template, or one that cannot be trained with.
        DataError: rows that the template refuses or that break a rule; all of them together.
    """
    faults: list[str] = []
    asked: list[tuple[Side, list[Turn]]] = []
    sides = [sides_of(example) for example in examples]
    for side in chain.from_iterable(sides):
        try:
            found = turns_of(side.example, tokenizer, _which(side, turns), side.first)
        except DataError as error:
            faults.append(f"{side.example.source}: {side.name}{error}")
            found = []
        asked.append((side, found))
    texts = [
        t for _, row in asked for turn in row for t in (turn.prompt, turn.prompt + turn.answer)
    ]
    ids = iter(encode(tokenizer, texts))
    made: list[tuple[TokenSequence, ...]] = []
    for side, row in asked:
        tokenised = [(turn, next(ids), next(ids)) for turn in row]
        try:
            made.append(_rendered(tokenised, tokenizer, frozenset(stop_ids)) if row else ())
        except DataError as error:
            faults.append(f"{side.example.source}: {side.name}{error}")
            made.append(())
    if faults:
        raise DataError(faults)
    rendered = iter(made)
    return [
        _joined(example, own, [next(rendered) for _ in own])
        for example, own in zip(examples, sides, strict=True)
    ]


def _which(side: Side, turns: WhichTurns) -> WhichTurns:
    """Of a pair all turns after the prompt are learnt, whatever is asked of conversations."""
    return turns if side.part is Part.ANSWER else "all"


def _joined(
    example: Example, sides: Sequence[Side], sequences: Sequence[tuple[TokenSequence, ...]]
) -> RenderedExample:
    """The sides' sequences one after the other, each with what it is."""
    parts = tuple(side.part for side, some in zip(sides, sequences, strict=True) for _ in some)
    plain = all(part is Part.ANSWER for part in parts)
    every = tuple(chain.from_iterable(sequences))
    return RenderedExample(example.id, example.source, every, () if plain else parts)


def render_prompt(messages: Sequence[Any], tokenizer: Any, tools: Sequence[Any] = ()) -> list[int]:
    """Token ids of a prompt exactly as training saw it: for completers and parity checks."""
    text = render_text(tokenizer, messages, tools=tools, generation_prompt=True)
    return encode(tokenizer, [text])[0]


def _rendered(
    turns: Sequence[tuple[Turn, list[int], list[int]]],
    tokenizer: Any,
    stop_ids: frozenset[int],
) -> tuple[TokenSequence, ...]:
    drafts: list[_Draft] = []
    for turn, prompt, full in turns:
        answer = _answer_ids(turn, prompt, full, tokenizer)
        length = _length_through_stop(turn, answer, tokenizer, stop_ids)
        if turn.marked_from is None:
            answer, head = answer[:length], len(prompt)
        else:
            head = _first_marked(turn, prompt, full, tokenizer)
        learnt = [*_learnt_before(drafts, prompt), *[True] * len(answer)]
        learnt[head : len(prompt)] = [True] * (len(prompt) - head)
        drafts.append(_Draft([*prompt, *answer], learnt, len(prompt) + length))
    return tuple(TokenSequence.of(draft.ids, draft.learnt) for draft in drafts)


def _learnt_before(drafts: list[_Draft], prompt: list[int]) -> list[bool]:
    """For each token of a prompt, whether a turn in it is learnt; takes up the draft it continues.

    After the stop token a template may write otherwise once the conversation goes on (Phi-3 ends
    it with a token of its own); such an end stays only with the last turn.
    """
    if not drafts or prompt[: drafts[-1].kept] != drafts[-1].ids[: drafts[-1].kept]:
        return [False] * len(prompt)
    before = drafts.pop()
    pairs = enumerate(zip(before.ids, prompt, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(before.ids), len(prompt)))
    return [*before.learnt[:same], *[False] * (len(prompt) - same)]


def _answer_ids(turn: Turn, prompt: list[int], full: list[int], tokenizer: Any) -> list[int]:
    """Tokens of the answer, given that the prompt's tokens stand as they are."""
    if full[: len(prompt)] == prompt:
        return full[len(prompt) :]
    whole = _decode(tokenizer, full)
    for neutral in NEUTRAL_PREFIXES:
        alone, joined = encode(tokenizer, [neutral, neutral + turn.answer])
        ids = joined[len(alone) :]
        if joined[: len(alone)] == alone and _decode(tokenizer, prompt + ids) == whole:
            return ids
    raise DataError(
        f"the answer {turn.answer[:40]!r} merges with the end of its prompt into one token, "
        "so the server's prompt could never be followed by it."
    )


def _decode(tokenizer: Any, ids: list[int]) -> str:
    text: str = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return text


def _length_through_stop(
    turn: Turn, answer: list[int], tokenizer: Any, stop_ids: frozenset[int]
) -> int:
    """Tokens of the answer with its stop token, which must be the template's and not the text's."""
    stops = [i for i, token in enumerate(answer) if token in stop_ids]
    if not stops and turn.marked_from is not None:
        raise DataError(
            f"the template's generation markers close before the stop token (after "
            f"{turn.answer[-20:]!r}), so the model would never learn to stop. Move "
            "{% endgeneration %} behind it."
        )
    if not stops:
        raise DataError(
            f"the answer {turn.content[:40]!r} is rendered without a stop token; "
            "the model would never learn to end it."
        )
    if len(stops) > 1 and (inside := stop_ids & set(encode(tokenizer, [turn.content])[0])):
        names = tokenizer.convert_ids_to_tokens(sorted(inside))
        raise DataError(
            f"the answer spells the stop token {names} itself; remove it from the text."
        )
    return stops[0] + 1


def _first_marked(turn: Turn, prompt: list[int], full: list[int], tokenizer: Any) -> int:
    """The first token that the template's marker encloses: the answer's, or in the prompt's end."""
    assert turn.marked_from is not None
    text = turn.prompt + turn.answer
    encoded = tokenizer(text, add_special_tokens=False)
    tokens = map(encoded.char_to_token, range(turn.marked_from, len(text)))
    found = next((token for token in tokens if token is not None), None)
    if full[: len(prompt)] != prompt:  # a token would straddle the border
        found = len(prompt) if turn.marked_from == len(turn.prompt) else None
    if found is not None and turn.marked_from >= len(turn.prompt):
        found = max(found, len(prompt))  # a token before may swallow white space (Phi-3)
    if found is None or found > len(prompt):
        skipped = text[len(turn.prompt) : turn.marked_from]
        raise DataError(
            f"the template's generation markers open after {skipped[:40]!r}, which the server does "
            "not ask with and nobody would learn. Move {% generation %} before it."
        )
    return int(found)
