"""The local model behind lm-eval's interface `LM`: its questions, our forward passes.

Tokenisation, the split of context and continuation, and what is cut where a question does not fit
follow lm-eval's own Hugging Face backend, so the numbers are the same; the forward passes share
what questions have in common. Imports lm_eval and torch: import it inside a function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lm_eval.api.model import TemplateLM
from lm_eval.models.utils import (
    handle_stop_sequences,
    has_bos_prefix,
    normalize_gen_kwargs,
    postprocess_generated_text,
)

from whet.infer.likelihood import TokenCompleter
from whet.types import Message

DEFAULT_NEW_TOKENS = 256


class BenchmarkModel(TemplateLM):  # type: ignore[misc]
    """Answers lm-eval's requests with a model in this process.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer, with the chat template where one is applied.
        stop_ids: tokens that end an answer.
        max_positions: the model's context in tokens.
        max_new_tokens: longest answer, where the benchmark's own limit is longer.

    `num_cut` counts the questions whose beginning was cut off because they did not fit, and
    `short_limits` holds the limits of answers that were set to half of the context instead.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        stop_ids: Sequence[int],
        max_positions: int,
        max_new_tokens: int | None = None,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.max_length = max_positions
        self.num_cut = 0
        self.short_limits: set[int] = set()
        self._max_new_tokens = max_new_tokens
        ends = {
            *stop_ids,
            *([tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []),
        }
        self._completer = TokenCompleter(model, stop_ids=sorted(ends), decode=self.tok_decode)

    @property
    def eot_token_id(self) -> int:
        return int(self.tokenizer.eos_token_id)

    @property
    def prefix_token_id(self) -> int:
        first = self.tokenizer.bos_token_id
        return int(self.eot_token_id if first is None else first)

    @property
    def tokenizer_name(self) -> str:
        return str(self.tokenizer.name_or_path).replace("/", "__")

    def tok_encode(
        self, string: str, add_special_tokens: bool | None = None, **_: Any
    ) -> list[int]:
        """Token ids, without a second begin token where a chat template wrote one."""
        if add_special_tokens is None and has_bos_prefix(string, self._prefix_text()):
            add_special_tokens = False
        special = {} if add_special_tokens is None else {"add_special_tokens": add_special_tokens}
        return list(self.tokenizer.encode(string, **special))

    def tok_decode(self, tokens: Sequence[int]) -> str:
        """The text of generated tokens, without special tokens."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def apply_chat_template(
        self, chat_history: list[Message], add_generation_prompt: bool = True
    ) -> str:
        """The messages as the model's chat template writes them."""
        rendered = self.tokenizer.apply_chat_template(
            chat_history,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=not add_generation_prompt,
        )
        return str(rendered)

    def _loglikelihood_tokens(
        self,
        requests: list[tuple[tuple[str, str], list[int], list[int]]],
        **_: Any,
    ) -> list[tuple[float, bool]]:
        pairs = []
        for _texts, context, continuation in requests:
            room = self.max_length + 1 - len(continuation)
            self.num_cut += len(context) > room
            pairs.append((tuple(context[-room:]), tuple(continuation)))
        return [(found.log_prob, found.is_greedy) for found in self._completer.log_probs(pairs)]

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Greedy answers, each cut before the first of its task's stop strings."""
        by_settings: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            by_settings.setdefault(repr(request.args[1]), []).append(index)
        answers = [""] * len(requests)
        for indices in by_settings.values():
            texts = [requests[i].args[0] for i in indices]
            told = self.spelt(texts, requests[indices[0]].args[1])
            for index, text in zip(indices, told, strict=True):
                answers[index] = text
        return answers

    def spelt(self, texts: Sequence[str], settings: dict[str, Any]) -> list[str]:
        """Greedy answers after texts, under a task's `generation_kwargs`."""
        asked = normalize_gen_kwargs(settings, DEFAULT_NEW_TOKENS)
        if asked.get("do_sample"):
            raise NotImplementedError("benchmarks are answered greedily; this task wants sampling")
        ending = self.tok_decode_special(self.eot_token_id)
        stop = handle_stop_sequences(asked.get("until"), eos=ending)
        limit = min(int(asked["max_gen_toks"]), self._max_new_tokens or int(asked["max_gen_toks"]))
        if limit > self.max_length // 2:
            self.short_limits.add(limit)
            limit = self.max_length // 2
        room = self.max_length - limit
        prompts = []
        for text in texts:
            tokens = tuple(self.tok_encode(text))
            self.num_cut += len(tokens) > room
            prompts.append(tokens[-room:])
        spelt = self._completer.spell(prompts, max_new_tokens=limit, stop=[s for s in stop if s])
        return [postprocess_generated_text(self.tok_decode(tokens), stop, None) for tokens in spelt]

    def tok_decode_special(self, token: int) -> str:
        """The text of one token, special or not."""
        return str(self.tokenizer.decode([token], skip_special_tokens=False))

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        """No benchmark of whet asks for it.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("perplexity tasks are not among the benchmarks of the gate")

    def _prefix_text(self) -> str:
        return self.tok_decode_special(self.prefix_token_id)
