"""Log-probabilities and spelling over bare tokens: what benchmarks ask, past any chat template.

    context 1 (once)     [ ... question ]  -> " A", " B", " C", " D"   four scores, one forward
    context 2            [ ... question ]  -> " A", " B", ...

A context is read once for all its continuations; what a group of contexts begins with (worked
examples, a description of the subject) is read once for the group. A continuation of one token
costs nothing beyond its context. With some rotary embeddings (longrope, dynamic) a long row turns
the positions of its whole batch: what ends beyond that length is read alone.

Shapes: B contexts, S columns read, T continuation tokens in the tree of a context, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.infer.attention import attention_of
from whet.infer.batch import Room
from whet.infer.generate import Stops, generate
from whet.infer.past import Past, Prefix
from whet.infer.reader import Reader, batches, common_prefix
from whet.infer.sampling import Sampler
from whet.types import Decoding

MIN_SHARED = 64
"""Contexts are grouped by their first so many tokens: a shorter prefix saves less than it costs."""

Tokens = tuple[int, ...]
Pair = tuple[Tokens, Tokens]


@dataclass(frozen=True, slots=True)
class Scored:
    """Log-probability of a continuation, and whether greedy decoding would have said it."""

    log_prob: float
    is_greedy: bool


class TokenCompleter:
    """Scores and spells token sequences with a causal language model.

    Args:
        model: takes its attention from transformers' interface; left as it was found.
        stop_ids: tokens that end a spelt answer.
        decode: token ids to text, for stop strings.
        batch_tokens: tokens, padding included, that are read in one forward pass.
        batch_rows: rows that are read at a time.
    """

    def __init__(
        self,
        model: Any,
        *,
        stop_ids: Sequence[int],
        decode: Callable[[Sequence[int]], str],
        batch_tokens: int = 16_384,
        batch_rows: int = 64,
    ) -> None:
        self._model, self._reader = model, Reader(model)
        self._stop_ids, self._decode = tuple(stop_ids), decode
        self._batch_tokens, self._batch_rows = batch_tokens, batch_rows

    def log_probs(self, pairs: Sequence[Pair]) -> list[Scored]:
        """Of each (context, continuation) the score; neither part may be empty."""
        wanted: dict[Tokens, list[Tokens]] = {}
        far: list[Pair] = []
        for context, continuation in dict.fromkeys(pairs):
            if self._reader.is_beyond(len(context) + len(continuation) - 1):
                far.append((context, continuation))
            else:
                wanted.setdefault(context, []).append(continuation)
        contexts = list(wanted)
        with self._ready():
            found = {pair: self._score_alone(*pair) for pair in far}
            for group in _groups(contexts):
                for prefix, batch in self._batches([contexts[i] for i in group], wanted):
                    found |= self._scores(prefix, batch, wanted)
        return [found[pair] for pair in pairs]

    def spell(
        self, prompts: Sequence[Tokens], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[list[int]]:
        """Greedy tokens after each prompt, up to a stop token, a stop string or the limit."""
        answers: list[list[int]] = [[] for _ in prompts]
        stops = Stops(self._stop_ids, tuple(stop), self._decode)
        most = self._reader.max_logits // self._reader.vocab_size
        room = Room(max(1, min(self._batch_rows, most)), self._batch_tokens)
        with self._ready():
            for group in self._apart(prompts, max_new_tokens):
                shared = common_prefix([prompts[i] for i in group])
                prefix = self._reader.read_prefix(shared)
                suffixes = [prompts[i][len(shared) :] for i in group]
                limits = [max_new_tokens] * len(group)
                sampler = Sampler(Decoding(), (), max_new_tokens)
                told = generate(self._reader, prefix, suffixes, limits, stops, sampler, room)
                for row, answer in zip(group, told, strict=True):
                    answers[row] = answer.tokens
        return answers

    def _apart(self, prompts: Sequence[Tokens], num_new: int) -> list[list[int]]:
        """Indices of prompts that may share forward passes."""
        far = [i for i, ids in enumerate(prompts) if self._reader.is_beyond(len(ids) + num_new)]
        near = sorted(set(range(len(prompts))) - set(far))
        groups = _groups([prompts[i] for i in near])
        return [[i] for i in far] + [[near[i] for i in group] for group in groups]

    def _score_alone(self, context: Tokens, continuation: Tokens) -> Scored:
        tokens = [*context, *continuation[:-1]]
        return _scored(self._reader.read_alone(tokens, len(continuation)), continuation)

    def _batches(
        self, contexts: Sequence[Tokens], wanted: dict[Tokens, list[Tokens]]
    ) -> Iterator[tuple[Prefix, list[Tokens]]]:
        shared = common_prefix(contexts)
        prefix = self._reader.read_prefix(shared)
        trees = {c: sum(len(told) - 1 for told in wanted[c]) for c in contexts}
        most = self._reader.max_logits // self._reader.vocab_size
        rows = max(1, min(self._batch_rows, most // max(1, *trees.values())))
        lengths = [len(context) - len(shared) + trees[context] for context in contexts]
        for batch in batches(lengths, self._batch_tokens, rows):
            yield prefix, [contexts[i] for i in batch]

    def _scores(
        self, prefix: Prefix, contexts: Sequence[Tokens], wanted: dict[Tokens, list[Tokens]]
    ) -> dict[Pair, Scored]:
        suffixes = [context[prefix.length :] for context in contexts]
        past, logits_BV = self._reader.read(prefix, suffixes)
        tails = [[token for told in wanted[c] for token in told[:-1]] for c in contexts]
        inner_BTV = self._tree(past, prefix, suffixes, [wanted[c] for c in contexts], tails)
        found = {}
        for row, context in enumerate(contexts):
            start = 0
            for told in wanted[context]:
                after_first = inner_BTV[row, start : start + len(told) - 1]
                logits = torch.cat([logits_BV[row, None], after_first])
                found[context, told] = _scored(logits, told)
                start += len(told) - 1
        return found

    def _tree(
        self,
        past: Past,
        prefix: Prefix,
        suffixes: Sequence[Sequence[int]],
        continuations: Sequence[Sequence[Tokens]],
        tails: Sequence[Sequence[int]],
    ) -> Tensor:
        """Logits [B, T, V] after each token of each continuation but its last."""
        num_nodes, device = max(map(len, tails)), self._reader.device
        if num_nodes == 0:
            return torch.empty(len(tails), 0, self._reader.vocab_size, device=device)
        width = max(map(len, suffixes))
        tokens = torch.zeros(len(tails), num_nodes, dtype=torch.long)
        positions = torch.zeros(len(tails), num_nodes, dtype=torch.long)
        visible = torch.zeros(len(tails), num_nodes, width + num_nodes, dtype=torch.bool)
        for row, (suffix, told) in enumerate(zip(suffixes, continuations, strict=True)):
            start, length = 0, prefix.length + len(suffix)
            for continuation in told:
                inner = len(continuation) - 1
                nodes = slice(start, start + inner)
                tokens[row, nodes] = torch.tensor(continuation[:-1], dtype=torch.long)
                positions[row, nodes] = torch.arange(length, length + inner)
                visible[row, nodes, width - len(suffix) : width] = True
                own = torch.ones(inner, inner, dtype=torch.bool).tril()
                visible[row, nodes, width + start : width + start + inner] = own
                start += inner
        return self._reader.branch(past, *(t.to(device) for t in (tokens, positions, visible)))

    @contextmanager
    def _ready(self) -> Iterator[None]:
        with attention_of(self._model), torch.inference_mode():
            yield


def _scored(logits_TV: Tensor, told: Tokens) -> Scored:
    log_probs_TV = logits_TV.log_softmax(dim=-1)
    index_T = torch.tensor(told, device=log_probs_TV.device)
    total = log_probs_TV.gather(1, index_T[:, None]).sum()
    return Scored(float(total), bool((log_probs_TV.argmax(dim=-1) == index_T).all()))


def _groups(contexts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Indices of contexts with the same first tokens; those alone go together, without prefix."""
    heads: dict[tuple[int, ...], list[int]] = {}
    for index, context in enumerate(contexts):
        head = tuple(context[:MIN_SHARED]) if len(context) > MIN_SHARED else ()
        heads.setdefault(head, []).append(index)
    alone = [indices[0] for indices in heads.values() if len(indices) == 1]
    return [indices for indices in heads.values() if len(indices) > 1] + ([alone] if alone else [])
