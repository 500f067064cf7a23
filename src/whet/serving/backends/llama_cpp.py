"""llama.cpp's own server as the backend: its defaults undone, and what it lacks asked otherwise.

A prompt's log-probabilities, which it does not tell, are had by `llama_scoring`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from whet.serving.backends.backend import (
    About,
    Conversation,
    Piece,
    Pieces,
    Prompt,
    Sampling,
    Token,
)
from whet.serving.backends.llama_scoring import COMPLETION, LlamaScoring
from whet.serving.backends.openai_engine import chat_fields, chat_pieces, sampling_fields, token_of
from whet.serving.backends.upstream import Upstream
from whet.serving.surface.faults import Fault

UNDONE = {
    "top_k": 0,
    "min_p": 0.0,
    "typical_p": 1.0,
    "repeat_penalty": 1.0,
    "samplers": ["penalties", "temperature", "top_p"],
}
"""Sampling that nobody asked for is off, and temperature goes before top-p, as OpenAI states it."""
NO_TOOLS = {
    "tools": "would leave them out: the model's chat template writes no tools.",
    "tool_choice": "would leave it out: the model's chat template writes no tools.",
}
FINISH = {"limit": "length", "eos": "stop", "word": "stop"}


class LlamaCpp:
    """A GGUF that llama.cpp's server runs. `has_tools`: the model's template writes tools."""

    def __init__(
        self, upstream: Upstream, about: About, stop: Callable[[], None], *, has_tools: bool
    ) -> None:
        assert about.vocabulary is not None
        self._upstream, self.about, self._stop = upstream, about, stop
        self._scoring = LlamaScoring(upstream, about.vocabulary)
        self.refuses: Mapping[str, str] = {} if has_tools else NO_TOOLS

    async def chat(self, asked: Conversation, how: Sampling) -> Pieces:
        """The answer to a conversation, rendered by the template in the GGUF."""
        # Without a likeliest token asked for it tells no log-probability at all.
        told = how if how.logprobs is None else replace(how, logprobs=max(1, how.logprobs))
        body = chat_fields(asked, told) | self._common(how)
        has_called = False
        async with aclosing(chat_pieces(self._upstream, body, how.logprobs)) as pieces:
            async for piece in pieces:
                has_called = has_called or bool(piece.tool_calls)
                if piece.finish == "stop" and asked.tool_choice == "required" and not has_called:
                    raise Fault(500, "The engine ended without the call that tool_choice demands.")
                yield piece

    async def complete(self, prompt: Prompt, how: Sampling, *, echo: bool) -> Pieces:
        """What follows a prompt; with `echo` the prompt first."""
        ids = await self._ids(prompt)
        if echo:
            scored = [] if how.logprobs is None else await self._scoring.of(ids, how.logprobs)
            text = prompt if isinstance(prompt, str) else await self._scoring.text(ids)
            yield Piece(text, tuple(scored))
        if how.max_tokens == 0:
            yield Piece(finish="length", num_prompt_tokens=len(ids))
            return
        body = sampling_fields(how) | self._common(how) | {"prompt": ids, "stream": True}
        if how.max_tokens is None:
            body["n_predict"] = -1
        if how.logprobs is not None:
            body["n_probs"] = max(1, how.logprobs)
        async with aclosing(self._upstream.events(COMPLETION, body, "prompt")) as events:
            async for event in events:
                tokens = self._tokens(event, how.logprobs)
                if event.get("content") or tokens:
                    yield Piece(str(event.get("content") or ""), tokens)
                if event.get("stop"):
                    yield Piece(
                        finish=FINISH.get(str(event.get("stop_type")), "stop"),
                        num_prompt_tokens=int(event.get("tokens_evaluated", len(ids))),
                        num_output_tokens=int(event.get("tokens_predicted", 0)),
                    )

    async def is_alive(self) -> bool:
        """Whether the engine says that it is well."""
        return await self._upstream.get("/health") == 200

    async def close(self) -> None:
        """Closes the connections and stops the server."""
        await self._upstream.close()
        self._stop()

    def _common(self, how: Sampling) -> dict[str, Any]:
        """What its requests carry beside OpenAI's fields.

        With a seed nothing of earlier requests is reused: what is read in other portions differs
        in the last bits, and with it the draw.
        """
        assert self.about.context is not None
        common: dict[str, Any] = UNDONE | {"cache_prompt": how.seed is None}
        if how.seed is not None:
            common["seed"] = how.seed % (2**32 - 1)
        if how.frequency_penalty or how.presence_penalty:
            common["repeat_last_n"] = self.about.context
        return common

    def _tokens(self, event: Mapping[str, Any], top: int | None) -> tuple[Token, ...]:
        rows = event.get("completion_probabilities") or ()
        return () if top is None else tuple(token_of(row, top) for row in rows)

    async def _ids(self, prompt: Prompt) -> list[int]:
        """The prompt's token ids, with what the GGUF says to put before a bare text."""
        if isinstance(prompt, str):
            body = {"content": prompt, "add_special": True, "parse_special": True}
            ids: list[int] = (await self._upstream.post("/tokenize", body, "prompt"))["tokens"]
        else:
            ids = list(prompt)
        if not ids:
            raise Fault(400, "prompt: holds no token.", param="prompt")
        return ids
