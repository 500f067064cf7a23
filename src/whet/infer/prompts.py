"""Messages to token ids, and closed-set choices to the ids a model would answer with.

Rendering is that of `whet.rows.render`, so a model is asked exactly as it was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.errors import DataError, ModelError
from whet.rows.render import encode, render_examples
from whet.rows.template import render_text
from whet.types import Example, Message, Messages, Tools

MAX_NAMED = 5


def encode_prompts(
    prompts: Sequence[Messages], tokenizer: Any, tools: Sequence[Tools] = ()
) -> list[list[int]]:
    """Token ids of each prompt, up to and including the head of the assistant's turn.

    `tools`, where given, are what each prompt offers to call; the template writes them.

    Raises:
        DataError: the chat template refuses prompts; all of them are named.
    """
    texts, faults = [], []
    offered = tools or [()] * len(prompts)
    for index, (messages, own) in enumerate(zip(prompts, offered, strict=True)):
        try:
            texts.append(render_text(tokenizer, messages, tools=own, generation_prompt=True))
        except DataError as error:
            faults.append(f"prompt {index} ({question_of(messages)!r}): {error}")
    if faults:
        raise DataError(faults)
    return encode(tokenizer, texts)


def encode_choices(
    choices: Sequence[str], tokenizer: Any, stop_ids: Sequence[int]
) -> list[tuple[int, ...]]:
    """Token ids of each choice as an answer, without the stop token.

    They are the tokens that training would teach for an assistant turn of this text: what the
    template and the tokenizer put after the generation prompt. Tokenising the choice alone would
    miss that Llama 2's and Mistral's tokenizers begin a text with a space of their own ('▁yes')
    and that some templates write a space or trim the content.
    """
    question: list[Message] = [{"role": "user", "content": "?"}]
    examples = [
        Example.of([*question, {"role": "assistant", "content": choice}], f"choices: {choice!r}")
        for choice in choices
    ]
    start = len(encode_prompts([question], tokenizer)[0])
    rendered = [example.sequences[-1] for example in render_examples(examples, tokenizer, stop_ids)]
    answers = [row.tokens[start:].tolist() for row in rendered]
    ends = [next(i for i, token in enumerate(ids) if token in stop_ids) for ids in answers]
    return [tuple(ids[:end]) for ids, end in zip(answers, ends, strict=True)]


def decode_answer(tokens: Sequence[int], tokenizer: Any) -> str:
    """The text of generated tokens, without special tokens."""
    text: str = tokenizer.decode(
        list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return text


def question_of(messages: Messages) -> str:
    """The last user turn, shortened, to name a prompt in an error."""
    asked = [message["content"] for message in messages if message["role"] == "user"]
    text = " ".join((asked[-1] if asked else "").split())
    return text if len(text) <= 60 else text[:57] + "..."


def check_fits(
    prompts: Sequence[Messages], lengths: Sequence[int], max_positions: int, needed: int
) -> None:
    """Raise ModelError if a prompt leaves no room for `needed` tokens; nothing is ever cut."""
    long = [i for i, length in enumerate(lengths) if length + needed > max_positions]
    if not long:
        return
    named = "\n".join(
        f"  prompt {i} ({question_of(prompts[i])!r}): {lengths[i]:,} tokens"
        for i in long[:MAX_NAMED]
    )
    more = f"\n  and {len(long) - MAX_NAMED:,} more" if len(long) > MAX_NAMED else ""
    raise ModelError(
        f"{len(long):,} of {len(prompts):,} prompts leave no room for {needed:,} tokens of answer "
        f"in the model's context of {max_positions:,} tokens:\n{named}{more}\n"
        "Shorten the prompt or the retrieved context, or take a model with a longer context."
    )
