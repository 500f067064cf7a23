"""An engine as a completer: greedy answers, one after another."""

from __future__ import annotations

from collections.abc import Sequence

from whet.engines.engine import Engine
from whet.errors import ModelError
from whet.types import Completion, Decoding, FinishReason, Messages, Tools


class EngineCompleter:
    """Answers from an engine, as its users get them. Only greedy ones: an engine gives no other.

    Tools are not offered, and nothing is chosen from a closed set: the answer is the engine's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.identity = engine.name

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """One completion for each prompt, in order, cut at the first stop string.

        Raises:
            ModelError: a temperature above 0, or tools.
        """
        if decoding.temperature > 0:
            raise ModelError(f"{self.identity} is asked for greedy answers only; temperature 0.")
        if any(tools):
            raise ModelError(f"{self.identity} is asked without tools only.")
        return [self._one(prompt, decoding) for prompt in prompts]

    def _one(self, prompt: Messages, decoding: Decoding) -> Completion:
        answer = self._engine.answer(prompt, decoding.max_new_tokens)
        found = [answer.text.find(stop) for stop in decoding.stop if stop in answer.text]
        text = answer.text[: min(found)] if found else answer.text
        ended = FinishReason.STOP if answer.stopped or found else FinishReason.LENGTH
        return Completion(text, ended, len(answer.prompt_ids or ()), len(answer.output_ids or ()))
