"""A GGUF file in llama.cpp, behind the engine's questions.

Answers come by the chat route and the file's own template, as any client of llama.cpp gets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from whet.engines.engine import Answer, Facts, Logprobs, plain_text
from whet.engines.llama_server import LlamaServer
from whet.errors import EndpointError
from whet.types import Messages

GREEDY = {"temperature": 0.0, "top_k": 1, "samplers": ["top_k"], "seed": 0}
DEFAULT_CONTEXT = 4096
FORCING = 1e6


class LlamaCpp:
    """An engine over llama.cpp. `adapter` is a GGUF adapter put on it with its full weight.

    `context` is in tokens; where a Phi-3 has two sets of factors for its positions, llama.cpp
    takes the long ones for every prompt as soon as the context is beyond the original one, so it
    is 4,096 unless said. With `exact` the keys and values are kept in F32. `plain`: the file has
    no chat template, for which llama.cpp would take one of its own, so texts are asked as they are.
    """

    def __init__(
        self,
        gguf: Path,
        *,
        adapter: Path | None = None,
        name: str | None = None,
        context: int | None = None,
        threads: int | None = None,
        exact: bool = True,
        plain: bool = False,
    ) -> None:
        self.gguf, self.adapter, self._plain = gguf, adapter, plain
        self.name = name or f"llama.cpp {gguf.name}{f' + {adapter.name}' if adapter else ''}"
        self.server = LlamaServer(
            gguf,
            adapter=adapter,
            context=context or DEFAULT_CONTEXT,
            threads=threads,
            exact=exact,
        )

    @property
    def address(self) -> str:
        """The server's URL, for a client that sends `Authorization: Bearer` and `api_key`."""
        return self.server.address

    @property
    def api_key(self) -> str:
        """The key that every request needs."""
        return self.server.api_key

    @cached_property
    def _props(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.get("/props")
        return found

    @cached_property
    def _model(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.get("/v1/models")["data"][0]["meta"]
        return found

    def tokenize(self, text: str, *, add_special: bool = False) -> tuple[int, ...]:
        """The text's ids, special tokens parsed; with `add_special` as a prompt: BOS before it."""
        asked = {"content": text, "add_special": add_special, "parse_special": True}
        return tuple(self.server.post("/tokenize", asked)["tokens"])

    def facts(self) -> Facts:
        """What llama.cpp says of the file. BOS is told where it is put before prompts."""
        plain, prompt = self.tokenize("a"), self.tokenize("a", add_special=True)
        adds_bos = prompt != plain
        eos = self.tokenize(self._props.get("eos_token", ""))
        return Facts(
            template=None if self._plain else self._props.get("chat_template") or None,
            bos_id=prompt[0] if adds_bos else None,
            adds_bos=adds_bos,
            eos_id=eos[0] if len(eos) == 1 else None,
            stop_ids=self._ends,
            vocabulary=int(self._model["n_vocab"]),
            context=int(self._model["n_ctx_train"]),
        )

    def _stop_ids(self) -> tuple[int, ...]:
        """The tokens that end an answer: those that `ignore_eos` forbids."""
        asked = {"prompt": [0], "n_predict": 1, "ignore_eos": True, **GREEDY}
        biases = self.server.post("/completion", asked)["generation_settings"]["logit_bias"]
        return tuple(sorted({int(bias["token"]) for bias in biases}))

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        """The greedy answer to a conversation, by the file's own template.

        Raises:
            EndpointError: the conversation does not fit the context, or the template refuses it.
        """
        if self._plain:
            return self._plain_answer(messages, max_new_tokens)
        conversation = {"messages": [dict(message) for message in messages]}
        prompt = self.server.post("/apply-template", conversation)["prompt"]
        prompt_ids = self.tokenize(prompt, add_special=True)
        asked = {**conversation, **GREEDY, "max_tokens": max_new_tokens, "logprobs": True}
        told = self.server.post("/v1/chat/completions", {**asked, "top_logprobs": 1})
        choice, counted = told["choices"][0], told["usage"]["prompt_tokens"]
        if counted != len(prompt_ids):
            raise EndpointError(
                f"{self.name}: llama.cpp read a prompt of {counted} tokens, but its template and "
                f"tokenizer make {len(prompt_ids)}."
            )
        listed = (choice.get("logprobs") or {}).get("content") or []
        ids = [int(token["id"]) for token in listed]
        if len(ids) != told["usage"]["completion_tokens"]:
            ids = self._output_ids(prompt_ids, max_new_tokens)
        stopped = choice["finish_reason"] != "length"
        if stopped and ids and ids[-1] in self._ends:
            ids.pop()
        return Answer(
            text=choice["message"]["content"] or "",
            stopped=stopped,
            prompt_ids=prompt_ids,
            output_ids=tuple(ids),
        )

    def _plain_answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        """What the model writes on from the messages' texts."""
        prompt = self.tokenize(plain_text(messages), add_special=True)
        asked = {"prompt": list(prompt), "n_predict": max_new_tokens, "return_tokens": True}
        told = self.server.post("/completion", {**asked, **GREEDY})
        ids = [int(token) for token in told["tokens"]]
        stopped = told["stop_type"] != "limit"
        if stopped and ids and ids[-1] in self._ends:
            ids.pop()
        return Answer(str(told["content"]), stopped, prompt, tuple(ids))

    def _output_ids(self, prompt: Sequence[int], max_new_tokens: int) -> list[int]:
        """The ids of an answer; the chat route leaves out tokens that are parts of a character."""
        asked = {
            "prompt": list(prompt),
            "n_predict": max_new_tokens,
            "return_tokens": True,
            **GREEDY,
        }
        return [int(token) for token in self.server.post("/completion", asked)["tokens"]]

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        return self._stop_ids()

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs:
        """Of every next token after the prompt and after each token of the answer.

        The server sums probabilities in float32, one after another, and is off by up to 1e-4 in
        large vocabularies; as all are divided by one sum, dividing again by the right one mends
        it. Probabilities below 1e-38 are not told apart.
        """
        vocabulary = int(self._model["n_vocab"])
        # The numbers are of the logits before sampling. The sampled token is forced to be a whole
        # character, because the server tells none for a part of one.
        whole = [[self.tokenize("a")[-1], FORCING]]
        rows = np.empty((1 + len(answer), vocabulary), dtype=np.float32)
        for position in range(1 + len(answer)):
            given = [*prompt, *answer[:position]]
            asked = {
                "prompt": given, "n_predict": 1, "n_probs": vocabulary, "cache_prompt": True,
                "post_sampling_probs": False, "logit_bias": whole, **GREEDY,
            }  # fmt: skip
            told = self.server.post("/completion", asked)
            if told["tokens_evaluated"] != len(given):
                raise EndpointError(
                    f"{self.name}: {len(given)} ids were sent, {told['tokens_evaluated']} read."
                )
            for token in told["completion_probabilities"][0]["top_logprobs"]:
                rows[position, token["id"]] = token["logprob"]
        return normalised(rows)

    def close(self) -> None:
        """Ends llama.cpp's process."""
        self.server.close()


def normalised(rows: Logprobs) -> Logprobs:
    """The log-probabilities with each row's probabilities summing to one."""
    exact = rows.astype(np.float64)
    top = exact.max(axis=1, keepdims=True)
    total = np.exp(exact - top).sum(axis=1, keepdims=True)
    result: Logprobs = (exact - top - np.log(total)).astype(np.float32)
    return result
