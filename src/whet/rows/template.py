"""Conversations as text, by the model's own chat template and nothing else.

The template comes with the model, from strangers. transformers runs it in Jinja's immutable
sandbox; here it gets a cap on its output and, when a model is loaded, a cap on its time.
"""

from __future__ import annotations

import ctypes
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from whet.errors import DataError, ModelError, WhetError
from whet.types import Message

T = TypeVar("T")
MAX_RENDERED_CHARS = 16_000_000
PROBE_TIMEOUT_S = 10.0
PROBE_ANSWER = "XANSWERX"
PROBE: tuple[Message, ...] = (
    {"role": "user", "content": "XQUESTIONX"},
    {"role": "assistant", "content": PROBE_ANSWER},
)
NO_TEMPLATE = (
    "the model has no chat template, so there is no telling how it would be asked when served. "
    "Name one with `template: FILE.jinja` (a base model wants one whose replies end with "
    "{{ eos_token }}), or choose the instruct model of the same family."
)
MAX_ANSWER_HEADER_CHARS = 64
MIN_COMMON_TAIL_CHARS = 6
_MISFIT = (
    "the chat template writes a reply differently from how it asks for one "
    "(asked with ...{!r}, written as {!r}). Give one that does not with `template: FILE.jinja`."
)


class _OutOfTimeError(BaseException):
    """Raised inside the thread that renders for too long."""


def render_text(
    tokenizer: Any,
    messages: Sequence[Message],
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    generation_prompt: bool,
) -> str:
    """The conversation as the server would write it; with `generation_prompt`, as it would ask.

    Raises:
        ModelError: there is no template, it is broken, or it writes without end.
        DataError: the template refuses this conversation (its own `raise_exception`).
    """
    if not tokenizer.chat_template:
        raise ModelError(NO_TEMPLATE)
    with template_errors():
        text: str = tokenizer.apply_chat_template(
            [served_message(message) for message in messages],
            tools=[dict(tool) for tool in tools] or None,
            add_generation_prompt=generation_prompt,
            tokenize=False,
        )
    return capped(text)


@contextmanager
def template_errors() -> Iterator[None]:
    """Within it whatever a template does wrong is told as a `ModelError` or `DataError`."""
    import jinja2

    try:
        yield
    except jinja2.exceptions.SecurityError as error:
        raise ModelError(f"the chat template does what templates may not: {error}") from None
    except jinja2.exceptions.TemplateSyntaxError as error:
        raise ModelError(f"the chat template is broken at line {error.lineno}: {error}") from None
    except jinja2.exceptions.UndefinedError as error:
        raise DataError(f"the chat template misses a field in this conversation: {error}") from None
    except jinja2.exceptions.TemplateError as error:
        raise DataError(f"the chat template refuses this conversation: {error}") from None
    except (TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ModelError(f"the chat template fails: {type(error).__name__}: {error}") from None


def capped(text: str) -> str:
    """The rendered text, unless it is beyond all measure.

    Raises:
        ModelError: it is.
    """
    if len(text) > MAX_RENDERED_CHARS:
        raise ModelError(
            f"the chat template wrote {len(text):,} characters for one conversation; "
            f"at most {MAX_RENDERED_CHARS:,} are allowed."
        )
    return text


def served_message(message: Message) -> dict[str, Any]:
    """The message as servers hand it to templates: tool arguments as objects, no weight."""
    plain: dict[str, Any] = {key: value for key, value in message.items() if key != "weight"}
    if calls := plain.get("tool_calls"):
        plain["tool_calls"] = [_parsed_call(call) for call in calls]
    return plain


def _parsed_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = dict(call.get("function") or {})
    if isinstance(function.get("arguments"), str):
        try:
            function["arguments"] = json.loads(function["arguments"])
        except ValueError:
            return dict(call)
        return {**call, "function": function}
    return dict(call)


def within_time(work: Callable[[], T]) -> T:
    """What `work` returns, for work with a template that may never end.

    Raises:
        ModelError: it ran for more than ten seconds; or whatever `work` raises.
    """
    outcome: list[T | Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except _OutOfTimeError:
            pass
        except Exception as error:  # handed to the caller's thread below
            outcome.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(PROBE_TIMEOUT_S)
    if worker.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(worker.ident or 0), ctypes.py_object(_OutOfTimeError)
        )
        raise ModelError(f"the chat template ran for over {PROBE_TIMEOUT_S:.0f} s; it is refused.")
    result = outcome[0]
    if isinstance(result, Exception):
        raise result
    return result


def probe_answer(tokenizer: Any) -> str:
    """What the template writes after the generation prompt for a one-word reply, within its time.

    Raises:
        ModelError: the template runs for more than ten seconds, or does not write the reply
            after its own generation prompt.
    """

    def answer() -> str:
        prompt = render_text(tokenizer, PROBE[:1], generation_prompt=True)
        return answer_text(prompt, render_text(tokenizer, PROBE, generation_prompt=False))

    try:
        result = within_time(answer)
    except WhetError as error:
        raise ModelError(f"the chat template cannot render a plain exchange: {error}") from None
    if PROBE_ANSWER not in result:
        raise ModelError(
            f"the chat template changes, cuts or leaves out replies: {PROBE_ANSWER!r} is written "
            f"as {result[:80]!r}. Name another with `template: FILE.jinja`."
        )
    return result


def answer_text(prompt: str, rendered: str) -> str:
    """What the template writes after the generation prompt.

    Raises:
        ModelError: the rendering does not begin with the generation prompt.
    """
    if not rendered.startswith(prompt):
        raise ModelError(_MISFIT.format(prompt[-40:], _divergence(prompt, rendered)))
    return rendered[len(prompt) :]


def realigned_answer(prompt: str, rendered: str, other: str) -> str:
    """The answer where answering rewrites the history (Mistral Nemo drops the system prompt).

    `other` is the same conversation with another last answer, so the answer begins at latest where
    the two part. What stands before it must end as the prompt ends.

    Raises:
        ModelError: it does not, so what is asked when serving is not what the reply follows.
    """
    latest = _first_difference(rendered, other)
    for cut in range(latest, max(0, latest - MAX_ANSWER_HEADER_CHARS) - 1, -1):
        tail = min(cut, len(prompt), MIN_COMMON_TAIL_CHARS)
        if tail and prompt.endswith(rendered[cut - tail : cut]):
            return rendered[cut:]
    raise ModelError(_MISFIT.format(prompt[-40:], _divergence(prompt, rendered)))


def _first_difference(a: str, b: str) -> int:
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))


def _divergence(prompt: str, rendered: str) -> str:
    start = _first_difference(prompt, rendered)
    return rendered[max(0, start - 20) : start + 20]
