"""Log-probabilities of a prompt by llama.cpp's server, which tells only those of an answer.

It is made to answer the prompt's own tokens, by a grammar of token ids. What it tells is the raw
softmax's, whatever was forced:

    prompt [t0]    grammar  <[t1]> <[t2]> <[t3]>    ->    log p(t1|t0), log p(t2|t0 t1), ...

Its grammars take no special tokens and no halves of characters. One of those is looked up in the
whole distribution before it, told beside a harmless letter, and stands in the prompt from there on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whet.serving.backends.backend import Token
from whet.serving.backends.openai_engine import token_of
from whet.serving.backends.upstream import Upstream
from whet.serving.surface.faults import Fault

COMPLETION = "/completion"
FORCED_AT_ONCE = 256
ANY_LETTER = "root ::= [a-z0-9 ]"
HALF = "\ufffd"

Row = Mapping[str, Any]


class LlamaScoring:
    """Scores prompts of token ids, a token a decoding step."""

    def __init__(self, upstream: Upstream, vocabulary: int) -> None:
        self._upstream, self._vocabulary = upstream, vocabulary
        self._plain: dict[int, bool] = {}

    async def of(self, ids: Sequence[int], top: int) -> list[Token]:
        """Each token with its log-probability after those before it; the first has none."""
        text = await self.text(ids[:1])
        found = [Token(text, text.encode("utf-8", "replace"), None)]
        start = 1
        while start < len(ids):
            run = await self._run(ids[start : start + FORCED_AT_ONCE])
            if run:
                rows = await self._forced(ids[:start], run, top)
            else:
                rows = [await self._looked_up(ids[:start], ids[start], top)]
            found += [token_of(row, top) for row in rows]
            start += len(rows)
        return found

    async def text(self, ids: Sequence[int]) -> str:
        """The text of tokens, special ones included."""
        told = await self._upstream.post("/detokenize", {"tokens": list(ids)}, "prompt")
        return str(told["content"])

    async def _run(self, ids: Sequence[int]) -> list[int]:
        """The first tokens up to one that no grammar takes."""
        run = []
        for token in ids:
            if not await self._is_plain(token):
                break
            run.append(token)
        return run

    async def _is_plain(self, token: int) -> bool:
        """Whether its text is whole characters, and is this token where nothing is special."""
        if token not in self._plain:
            text = await self.text([token])
            body = {"content": text, "add_special": False, "parse_special": False}
            back = await self._upstream.post("/tokenize", body, "prompt")
            self._plain[token] = HALF not in text and back["tokens"] == [token]
        return self._plain[token]

    async def _forced(self, before: Sequence[int], run: list[int], top: int) -> list[Row]:
        grammar = "root ::= " + " ".join(f"<[{token}]>" for token in run)
        rows = await self._rows(before, len(run), max(1, top), grammar)
        if [int(row["id"]) for row in rows] != run:
            raise Fault(500, "The engine did not spell the prompt's own tokens.")
        return rows

    async def _looked_up(self, before: Sequence[int], token: int, top: int) -> Row:
        rows = await self._rows(before, 1, self._vocabulary, ANY_LETTER)
        every: list[Row] = rows[0]["top_logprobs"] if rows else []
        row = next((row for row in every if int(row["id"]) == token), None)
        if row is None:
            raise Fault(500, f"The engine tells no log-probability of token {token}.")
        return {**row, "token": await self.text([token]), "top_logprobs": every[:top]}

    async def _rows(self, before: Sequence[int], number: int, top: int, grammar: str) -> list[Row]:
        body = {
            "prompt": list(before),
            "n_predict": number,
            "n_probs": top,
            "grammar": grammar,
            "temperature": 0,
            "samplers": [],
            "cache_prompt": True,
        }
        told = await self._upstream.post(COMPLETION, body, "prompt")
        rows: list[Row] = told.get("completion_probabilities") or []
        return rows
