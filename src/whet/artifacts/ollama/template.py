"""The TEMPLATE of a Modelfile, from a chat template, and the proof that both write the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from whet.artifacts.ollama.go_render import render
from whet.artifacts.ollama.go_source import go_source
from whet.artifacts.ollama.wrappers import Wrappers, find_wrappers
from whet.errors import DataError, ModelError
from whet.rows.template import render_text
from whet.types import Message, Messages

CONTENTS = (
    "Where is my card?",
    "It is on its way.",
    "Thanks, and the PIN?\nIn a second letter?",
    "Yes: {{ \"quoted\" }}, {braces} & <tags>, 50 % 'so'.",
    'Grüße, 世界 🌍 """three"""',
    "Fine.",
    "And now?",
)
SYSTEMS = ("Answer in one word.", "Two lines,\n{{ .System }} and a {brace}.")


@dataclass(frozen=True, slots=True)
class OllamaTemplate:
    """A Go template, and in what it cannot be like the chat template."""

    source: str
    notices: tuple[str, ...]


def ollama_template(
    tokenizer: Any,
    *,
    bos: str | None,
    prompts: Sequence[Messages] = (),
    system: str | None = None,
) -> OllamaTemplate:
    """The Go template that writes what the tokenizer's chat template writes.

    It is rendered beside the chat template for conversations of one to four questions with and
    without a system message, and for `prompts`.

    Args:
        tokenizer: with the chat template.
        bos: the text of the token that the server itself puts before a prompt, and which the
            template therefore leaves out; None where it puts none.
        prompts: of the project, as the tuned model is asked.
        system: a prompt that Modelfile's SYSTEM cannot hold, to stand in the template.

    Raises:
        ModelError: it cannot be said in Go's templates as Ollama has them; the first conversation
            that is written otherwise is shown.
    """
    try:
        around = _without_bos(find_wrappers(tokenizer), bos)
    except (ModelError, DataError) as error:
        raise ModelError(f"{error} Such a template has no equal in Ollama; export gguf.") from None
    if system and around.system_head is None:
        raise ModelError("the chat template takes no system message, and the model is asked so.")
    source = go_source(around, system)
    takes_system = around.system_head is not None
    talks = [*_talks(takes_system), *prompts]
    bare = [] if not system else [talk for talk in talks if talk[0]["role"] != "system"]
    for talk in talks:
        asked: Messages = talk
        if system and any(talk is other for other in bare):
            asked = [{"role": "system", "content": system}, *talk]
        _require_equal(tokenizer, source, talk, asked, bos)
    return OllamaTemplate(source, tuple(_notices(tokenizer, source, around, bos)))


def _require_equal(
    tokenizer: Any, source: str, talk: Messages, asked: Messages, bos: str | None
) -> None:
    """Raises ModelError unless both write the same for a conversation.

    White space around contents is left out where the chat template leaves it out.
    """
    wanted = _cut_bos(render_text(tokenizer, asked, generation_prompt=True), bos)
    written = render(source, talk)
    if written in (wanted,) or render(source, _trimmed(talk)) == wanted:
        return
    place = next(
        (i for i, (a, b) in enumerate(zip(wanted, written, strict=False)) if a != b),
        min(len(wanted), len(written)),
    )
    raise ModelError(
        "the chat template cannot be written as one of Ollama's: after"
        f" {wanted[max(0, place - 30) : place]!r} it writes {wanted[place : place + 30]!r} and the"
        f" Go template {written[place : place + 30]!r}, in a conversation of {len(talk)} messages."
        " Export gguf instead."
    )


def _talks(with_system: bool) -> Iterable[list[Message]]:
    for questions in range(1, 5):
        roles = ("user", "assistant") * questions
        turns: list[Message] = [
            {"role": role, "content": content}
            for role, content in zip(roles[:-1], CONTENTS, strict=False)
        ]
        yield turns
        for system in SYSTEMS if with_system else ():
            yield [{"role": "system", "content": system}, *turns]


def _trimmed(talk: Messages) -> list[Message]:
    return [{"role": m["role"], "content": m["content"].strip()} for m in talk]


def _without_bos(around: Wrappers, bos: str | None) -> Wrappers:
    """The wrappers without the token that the server puts before them."""
    head = around.system_head
    if not around.system_is_late and head is not None:
        head = _cut_bos(head, bos)
    return replace(around, opening=_cut_bos(around.opening, bos), system_head=head)


def _cut_bos(text: str, bos: str | None) -> str:
    if bos and not text.startswith(bos):
        raise ModelError(
            f"the chat template does not begin with {bos!r}, which llama.cpp puts before every"
            " prompt of this GGUF (tokenizer.ggml.add_bos_token)."
        )
    return text.removeprefix(bos or "")


def _notices(tokenizer: Any, source: str, around: Wrappers, bos: str | None) -> Iterable[str]:
    spaced: list[Message] = [{"role": "user", "content": " spaced \n"}]
    wanted = _cut_bos(render_text(tokenizer, spaced, generation_prompt=True), bos)
    if render(source, spaced) != wanted:
        yield (
            "the chat template strips white space around messages, Ollama's templates cannot:"
            " send messages without it"
        )
    if around.system_head is None:
        yield "the chat template takes no system message; Ollama leaves out one that is sent"
    if "strftime_now" in (tokenizer.chat_template or "") and _has_date(around):
        yield f"the chat template writes the date; in Ollama it stays that of {date.today()}"
    if "tools" in (tokenizer.chat_template or ""):
        yield "tools are not in Ollama's template, and it refuses requests that offer them"


def _has_date(around: Wrappers) -> bool:
    texts = (around.opening, around.system_head or "", around.system_tail or "")
    return any(str(date.today().year) in text for text in texts)
