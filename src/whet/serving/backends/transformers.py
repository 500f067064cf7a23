"""transformers as the backend: the model that was judged, in this process, by whet's own reader.

The reference for the others, not a fast server: one answer at a time, the `n` answers of a request
one after the other. Greedy answers are those that `whet eval` gives.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from whet.errors import DataError, ModelError
from whet.infer.attention import attention_of
from whet.infer.past import NO_PREFIX, Past
from whet.infer.prompts import decode_answer, encode_prompts
from whet.infer.reader import Reader
from whet.serving.backends.backend import (
    About,
    Conversation,
    Piece,
    Pieces,
    Prompt,
    Sampling,
    Token,
)
from whet.serving.backends.sampling import Sampler
from whet.serving.backends.spelling import Spelling
from whet.serving.surface.faults import Fault
from whet.serving.surface.tokens import TokenTexts

if TYPE_CHECKING:
    from whet.models.load import LoadedModel

REFUSES = {
    "tools": "has no parser of tool calls; serve a GGUF with --engine llama.cpp.",
    "tool_choice": "has no parser of tool calls; serve a GGUF with --engine llama.cpp.",
    "response_format": "has no grammars; serve a GGUF with --engine llama.cpp.",
    "frequency_penalty": "has no such penalty.",
    "presence_penalty": "has no such penalty.",
}


class Reference:
    """A model in this process. `fingerprint` tells its base and its adapter."""

    def __init__(self, loaded: LoadedModel, name: str, fingerprint: str) -> None:
        self._loaded, self._reader = loaded, Reader(loaded.model)
        self._texts = TokenTexts(loaded.tokenizer)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="whet-model")
        self._is_closing = threading.Event()
        self.refuses: Mapping[str, str] = REFUSES
        self.about = About(
            name, "transformers", fingerprint, loaded.max_positions, self._reader.vocab_size, 1
        )

    def chat(self, asked: Conversation, how: Sampling) -> Pieces:
        """The answer to a conversation, rendered by the model's own template."""

        def work(gone: threading.Event) -> Iterator[Piece]:
            try:
                ids = encode_prompts([asked.messages], self._loaded.tokenizer)[0]
            except DataError as error:
                raise Fault(422, str(error), param="messages") from None
            except ModelError as error:
                raise Fault(400, str(error), param="messages") from None
            yield from self._answer(ids, how, gone, "messages")

        return self._stream(work)

    def complete(self, prompt: Prompt, how: Sampling, *, echo: bool) -> Pieces:
        """What follows a prompt; with `echo` the prompt first."""

        def work(gone: threading.Event) -> Iterator[Piece]:
            ids = list(prompt) if not isinstance(prompt, str) else self._encode(prompt)
            yield from self._answer(ids, how, gone, "prompt", echo=echo, text=prompt)

        return self._stream(work)

    async def is_alive(self) -> bool:
        """Always: it lives and dies with this process."""
        return True

    async def close(self) -> None:
        """Ends the answer under way at its next piece, whoever still reads it."""
        self._is_closing.set()
        await asyncio.to_thread(self._pool.shutdown, wait=True)

    # -- in the model's thread ---------------------------------------------------------------------

    def _answer(
        self,
        ids: list[int],
        how: Sampling,
        gone: threading.Event,
        param: str,
        *,
        echo: bool = False,
        text: Prompt = "",
    ) -> Iterator[Piece]:
        room = self._room(ids, param)
        with attention_of(self._loaded.model), torch.inference_mode():
            if echo and how.logprobs is not None:
                tokens, past, logits_1V = self._scored(ids, how.logprobs, gone)
            else:
                past, logits_1V = self._reader.read(NO_PREFIX, [ids])
                tokens = []
            if echo:
                yield Piece(text if isinstance(text, str) else self._decode(ids), tuple(tokens))
            most = room if how.max_tokens is None else min(how.max_tokens, room)
            yield from self._spelt(past, logits_1V, len(ids), most, how, gone)

    def _spelt(
        self,
        past: Past,
        logits_1V: Tensor,
        length: int,
        most: int,
        how: Sampling,
        gone: threading.Event,
    ) -> Iterator[Piece]:
        spelling, sampler = Spelling(self._decode, how.stop), Sampler(how, self._reader.device)
        pads_1 = torch.zeros(1, dtype=torch.long, device=self._reader.device)
        finish, count = "length", 0
        while count < most and not gone.is_set():
            token = sampler.choose(logits_1V)
            count += 1
            if token in self._loaded.stop_ids:
                finish = "stop"
                break
            told = self._told(logits_1V, token, how)
            text = spelling.add(token)
            if text or told:
                yield Piece(text, told)
            if spelling.is_stopped:
                finish = "stop"
                break
            if count < most:
                position_1 = torch.tensor([length + count - 1], device=pads_1.device)
                token_1 = torch.tensor([token], device=pads_1.device)
                logits_1V = self._reader.step(past, token_1, position_1, pads_1)
        rest = "" if spelling.is_stopped else spelling.end()
        finish = "stop" if spelling.is_stopped else finish
        yield Piece(rest, finish=finish, num_prompt_tokens=length, num_output_tokens=count)

    def _told(self, logits_1V: Tensor, token: int, how: Sampling) -> tuple[Token, ...]:
        if how.logprobs is None:
            return ()
        return (self._token(logits_1V[0].log_softmax(dim=-1), token, how.logprobs),)

    def _token(self, log_probs_V: Tensor, token: int, top: int) -> Token:
        likeliest = log_probs_V.topk(min(top, len(log_probs_V))) if top else None
        others = (
            ()
            if likeliest is None
            else tuple(
                Token(*self._texts.of(other), logprob)
                for other, logprob in zip(
                    likeliest.indices.tolist(), likeliest.values.tolist(), strict=True
                )
            )
        )
        return Token(*self._texts.of(token), float(log_probs_V[token]), others)

    def _scored(
        self, ids: list[int], top: int, gone: threading.Event
    ) -> tuple[list[Token], Past, Tensor]:
        """The prompt's tokens with their log-probabilities, its past, and the logits after it."""
        if self._reader.is_beyond(len(ids)):
            most = self._reader.length_bound
            raise Fault(
                400, f"prompt: {len(ids)} tokens; with echo and logprobs at most {most}.",
                param="prompt",
            )  # fmt: skip
        past, logits_1V = self._reader.read(NO_PREFIX, [ids[:1]])
        found = [Token(*self._texts.of(ids[0]), None)]
        width = max(1, self._reader.max_logits // self._reader.vocab_size)
        for start in range(1, len(ids), width):
            if gone.is_set():
                break
            part = ids[start : start + width]
            logits_TV = self._branch(past, part, start)
            log_probs = torch.cat([logits_1V, logits_TV[:-1]]).log_softmax(dim=-1)
            pairs = zip(log_probs, part, strict=True)
            found += [self._token(log_probs_V, token, top) for log_probs_V, token in pairs]
            logits_1V = logits_TV[-1:]
        return found, past, logits_1V

    def _branch(self, past: Past, part: list[int], start: int) -> Tensor:
        """Logits [T, V] after each of the tokens, which follow on what was read."""
        device = self._reader.device
        size = len(part)
        positions = torch.arange(start, start + size, device=device)[None]
        own = torch.ones(size, size, dtype=torch.bool, device=device).tril()
        before = torch.ones(size, past.num_columns, dtype=torch.bool, device=device)
        visible = torch.cat([before, own], dim=1)[None]
        tokens = torch.tensor([part], device=device)
        return self._reader.branch(past, tokens, positions, visible)[0]

    def _room(self, ids: list[int], param: str) -> int:
        """Tokens that the context has left for an answer."""
        if not ids:
            raise Fault(400, f"{param}: holds no token.", param=param)
        room = self._loaded.max_positions - len(ids)
        if room < 0:
            raise Fault(
                400,
                f"{param}: {len(ids):,} tokens; the model's context is "
                f"{self._loaded.max_positions:,}.",
                param=param,
                code="context_length_exceeded",
            )
        return room

    def _encode(self, text: str) -> list[int]:
        """Ids of a bare text, with what the tokenizer itself puts before one."""
        ids: list[int] = self._loaded.tokenizer(text, verbose=False)["input_ids"]
        return ids

    def _decode(self, ids: Any) -> str:
        return decode_answer(ids, self._loaded.tokenizer)

    # -- between the threads -----------------------------------------------------------------------

    async def _stream(self, work: Callable[[threading.Event], Iterator[Piece]]) -> Pieces:
        """Pieces of work in the model's thread, which is told when nobody wants them any more."""
        loop, gone = asyncio.get_running_loop(), threading.Event()
        queue: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()

        def put(item: Piece | Exception | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, item)

        def run() -> None:
            if gone.is_set():
                return
            try:
                for piece in work(gone):
                    if self._is_closing.is_set():
                        raise Fault(503, "The server is stopping.", code="stopping")
                    put(piece)
            except Exception as error:  # raised again where it is awaited
                put(error)
            else:
                put(None)

        future = loop.run_in_executor(self._pool, run)
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            gone.set()
            await asyncio.wait([future])
