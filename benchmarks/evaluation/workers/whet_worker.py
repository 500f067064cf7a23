"""whet's `LocalCompleter`, as `whet eval` calls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.evaluation.job import Answers, Engine, Job, Prompts, serve
from whet.infer.local import LocalCompleter
from whet.types import Decoding


class _Recorded(LocalCompleter):
    """Keeps the tokens of each text, which the proof of equality needs."""

    tokens: dict[str, list[int]]

    def _decode(self, tokens: Sequence[int]) -> str:
        text = super()._decode(tokens)
        self.tokens[text] = list(tokens)
        return text


def build(job: Job, model: Any, tokenizer: Any, stop_ids: tuple[int, ...]) -> Engine:
    """Prompts to answers."""
    completer = _Recorded(model, tokenizer, stop_ids=stop_ids, identity=job.model, **job.options)
    decoding = Decoding(max_new_tokens=job.max_new_tokens)

    def answer(prompts: Prompts) -> Answers:
        completer.tokens = {}
        found = completer.complete(prompts, decoding)
        return [(done.text, completer.tokens[done.text]) for done in found]

    return answer


if __name__ == "__main__":
    serve(build)
