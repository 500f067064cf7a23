"""A completer for tests: answers from a mapping or a function, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from whet.types import Completion, Decoding, FinishReason, Message, Messages, Tools


class FakeCompleter:
    """Answers each prompt by a function of its messages, or by looking up its last user turn.

    `asked` holds every prompt in order, `offered` its tools. Token counts are counts of words.

    Raises:
        KeyError: a mapping holds no answer for a prompt.
    """

    def __init__(
        self, answers: Mapping[str, str] | Callable[[Messages], str], identity: str = "fake"
    ) -> None:
        self.identity = identity
        self.asked: list[Messages] = []
        self.offered: list[Tools] = []
        self._answers = answers

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """One completion for each prompt, in order, cut at the first stop string."""
        self.offered += tools or [()] * len(prompts)
        return [self._one(prompt, decoding) for prompt in prompts]

    def _one(self, prompt: Messages, decoding: Decoding) -> Completion:
        self.asked.append(prompt)
        if isinstance(self._answers, Mapping):
            text = self._answers[_last_user(prompt)]
        else:
            text = self._answers(prompt)
        for stop in decoding.stop:
            text = text.split(stop)[0]
        reason = FinishReason.CHOICE if text in decoding.choices else FinishReason.STOP
        num_prompt = sum(len(message["content"].split()) for message in prompt)
        return Completion(text, reason, num_prompt, len(text.split()))


def _last_user(prompt: Sequence[Message]) -> str:
    turns = [message["content"] for message in prompt if message["role"] == "user"]
    return turns[-1]
