"""A completer over a transformers model in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from whet.errors import ModelError
from whet.infer.attention import attention_of
from whet.infer.batch import Room
from whet.infer.generate import Stops, generate
from whet.infer.past import NO_PREFIX, Prefix
from whet.infer.prompts import check_fits, decode_answer, encode_choices, encode_prompts
from whet.infer.ranking import Floats, rank
from whet.infer.reader import Reader, batches, common_prefix
from whet.infer.sampling import Sampler
from whet.infer.streaming import Teller, Told
from whet.infer.trie import Trie, build_trie
from whet.types import Completion, Decoding, FinishReason, Messages, Tools

TYPICAL_WIDTH = 16
Heard = Callable[[int, Sequence[int]], None]


class LocalCompleter:
    """Answers by batched decoding, or by ranking where the decoding names choices.

    What all prompts of a call begin with is read once. When answers end, waiting prompts take their
    places. Greedy answers are those of
    `model.generate` without its generation settings, prompt by prompt, up to rounding: where two
    tokens tie to the last bits the batch may decide. Temperature has no part in ranking.

    Args:
        model: any causal language model that takes its attention from transformers' interface;
            it may be in training, and is left as it was found.
        tokenizer: with the chat template that the model was or will be trained with.
        stop_ids: tokens that end an answer.
        identity: names weights, adapter, template and precision.
        max_positions: the model's context in tokens; its configuration's by default.
        batch_tokens: tokens of prompts that are read, and of rows that are answered, at a time,
            padding included and what all share left out.
        batch_rows: answers that are spelt at a time.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        stop_ids: Sequence[int],
        identity: str,
        max_positions: int | None = None,
        batch_tokens: int = 16_384,
        batch_rows: int = 128,
    ) -> None:
        if not stop_ids:
            raise ModelError("The model has no stop token, so its answers would never end.")
        self.identity = identity
        self._model, self._tokenizer = model, tokenizer
        self._reader = Reader(model)
        self._stop_ids = tuple(stop_ids)
        config = model.config.get_text_config(decoder=True)
        self._max_positions = max_positions or config.max_position_embeddings
        self._batch_tokens, self._batch_rows = batch_tokens, batch_rows
        self._tries: dict[tuple[str, ...], Trie] = {}
        self._lock = threading.Lock()

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """One completion for each prompt, in order; a tool call is the text that the model writes.

        An answer ends at a stop token, at a stop string (which is cut off), after
        `max_new_tokens`, or at the end of the model's context.

        Raises:
            ModelError: prompts that do not fit the model's context; they are named.
        """
        encoded = encode_prompts(prompts, self._tokenizer, tools)
        done = self._answers(prompts, encoded, decoding)
        return [done[index] for index in range(len(prompts))]

    def stream(
        self, prompt: Messages, decoding: Decoding, told: Told, tools: Tools = ()
    ) -> Completion:
        """The completion of `complete`, told while it is written; a choice is told at once.

        Raises:
            ModelError: the prompt does not fit the model's context.
        """
        teller = Teller(self._decode, decoding.stop, told)
        encoded = encode_prompts([prompt], self._tokenizer, [tools])
        done = self._answers([prompt], encoded, decoding, lambda _, tokens: teller.hear(tokens))[0]
        teller.end(done.text)
        return done

    def choice_log_probs(self, prompts: Sequence[Messages], choices: Sequence[str]) -> Floats:
        """Log-probability of every choice and its stop token after every prompt, [prompts, C]."""
        encoded = encode_prompts(prompts, self._tokenizer)
        trie = self._trie(tuple(choices))
        check_fits(prompts, list(map(len, encoded)), self._max_positions, trie.depth)
        scores = np.zeros((len(prompts), len(choices)))
        with self._ready():
            for prefix, batch in self._batches(encoded, trie.depth, trie.num_nodes):
                suffixes = [encoded[index][prefix.length :] for index in batch]
                scores[batch] = rank(
                    self._reader, prefix, suffixes, trie, self._stop_ids, every=True
                )
        return scores

    def _answers(
        self,
        prompts: Sequence[Messages],
        encoded: list[list[int]],
        decoding: Decoding,
        hear: Heard | None = None,
    ) -> dict[int, Completion]:
        trie = self._trie(decoding.choices) if decoding.choices else None
        room = trie.depth if trie else 1
        check_fits(prompts, list(map(len, encoded)), self._max_positions, room)
        if trie:
            parts = self._batches(encoded, trie.depth, TYPICAL_WIDTH)
        else:
            parts = self._groups(encoded, decoding.max_new_tokens)
        done = {}
        with self._ready():
            for prefix, part in parts:
                start = time.perf_counter()
                suffixes = [encoded[index][prefix.length :] for index in part]
                if trie:
                    answers = self._choose(prefix, suffixes, trie, decoding.choices)
                else:
                    asked = [prompts[index] for index in part]
                    answers = self._spell(prefix, suffixes, asked, decoding, hear)
                seconds = (time.perf_counter() - start) / len(part)
                for index, (text, reason, num) in zip(part, answers, strict=True):
                    done[index] = Completion(text, reason, len(encoded[index]), num, seconds)
        return done

    def _spell(
        self,
        prefix: Prefix,
        suffixes: Sequence[Sequence[int]],
        asked: Sequence[Messages],
        decoding: Decoding,
        hear: Heard | None = None,
    ) -> list[tuple[str, FinishReason, int]]:
        room = [self._max_positions - prefix.length - len(suffix) for suffix in suffixes]
        limits = [min(decoding.max_new_tokens, tokens) for tokens in room]
        stops = Stops(self._stop_ids, decoding.stop, self._decode)
        sampler = Sampler(decoding, asked, max(limits))
        place = Room(min(self._batch_rows, self._most_rows(1)), self._batch_tokens)
        answers = generate(self._reader, prefix, suffixes, limits, stops, sampler, place, hear)
        texts = [stops.cut(self._decode(answer.tokens)) for answer in answers]
        return [
            (text, answer.finish_reason, answer.num_tokens)
            for text, answer in zip(texts, answers, strict=True)
        ]

    def _choose(
        self,
        prefix: Prefix,
        suffixes: Sequence[Sequence[int]],
        trie: Trie,
        choices: tuple[str, ...],
    ) -> list[tuple[str, FinishReason, int]]:
        scores = rank(self._reader, prefix, suffixes, trie, self._stop_ids)
        best = scores.argmax(axis=1)
        lengths = trie.depths[trie.ends[best]] + 1
        return [
            (choices[choice], FinishReason.CHOICE, int(length))
            for choice, length in zip(best, lengths, strict=True)
        ]

    def _groups(self, encoded: list[list[int]], num_new: int) -> Iterator[tuple[Prefix, list[int]]]:
        """Indices of prompts that may share forward passes, each group with its prefix."""
        beyond = self._reader.is_beyond
        alone = [i for i, ids in enumerate(encoded) if beyond(len(ids) + num_new)]
        for index in alone:
            yield NO_PREFIX, [index]
        rest = sorted(set(range(len(encoded))) - set(alone))
        if rest:
            shared = common_prefix([encoded[index] for index in rest])
            yield self._reader.read_prefix(shared), rest

    def _batches(
        self, encoded: list[list[int]], num_new: int, num_logits: int
    ) -> Iterator[tuple[Prefix, list[int]]]:
        """The same in batches, for rows that begin and end together."""
        most = min(self._most_rows(num_logits), self._batch_rows)
        for prefix, group in self._groups(encoded, num_new):
            lengths = [len(encoded[index]) - prefix.length for index in group]
            for batch in batches(lengths, self._batch_tokens, most):
                yield prefix, [group[index] for index in batch]

    def _most_rows(self, num_logits: int) -> int:
        """Rows of which so many positions' logits fit in one forward pass."""
        return max(1, self._reader.max_logits // (num_logits * self._reader.vocab_size))

    def _trie(self, choices: tuple[str, ...]) -> Trie:
        if choices not in self._tries:
            ids = encode_choices(choices, self._tokenizer, self._stop_ids)
            self._tries[choices] = build_trie(choices, ids)
        return self._tries[choices]

    def _decode(self, tokens: Sequence[int]) -> str:
        return decode_answer(tokens, self._tokenizer)

    @contextmanager
    def _ready(self) -> Iterator[None]:
        """One caller at a time, our attention, no gradients."""
        with self._lock, attention_of(self._model), torch.inference_mode():
            yield
