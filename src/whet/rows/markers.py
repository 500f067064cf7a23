"""Replies as a template itself marks them: `{% generation %}` ... `{% endgeneration %}`.

Templates made for training carry these markers (TRL's, SmolLM's). Where they are, they alone say
what is learnt; where they are not, masks come from rendering and comparing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from whet.errors import ModelError
from whet.rows.template import NO_TEMPLATE, capped, served_message, template_errors
from whet.types import Message

Span = tuple[int, int]
_MARKER = re.compile(r"\{%[-+]?\s*generation\s*[-+]?%\}")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def has_markers(tokenizer: Any, tools: Sequence[Any] = ()) -> bool:
    """Whether the template marks replies; what its comments say does not count."""
    if not tokenizer.chat_template:
        return False
    source = tokenizer.get_chat_template(tools=list(tools) or None)
    return bool(_MARKER.search(_COMMENT.sub("", source)))


def marked_text(
    tokenizer: Any, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()
) -> tuple[str, list[Span]]:
    """The conversation as the template writes it, and its marked spans, touching ones joined.

    Raises:
        ModelError, DataError: as `render_text`.
    """
    from transformers.utils.chat_template_utils import render_jinja_template

    assert tokenizer.chat_template, NO_TEMPLATE
    if not tokenizer.is_fast:
        raise ModelError(
            "the chat template has generation markers, and they can only be followed with a "
            "tokenizer.json, which this model lacks. Name a template without them with "
            "`template: FILE.jinja`."
        )
    with template_errors():
        texts, spans = render_jinja_template(
            conversations=[[served_message(message) for message in messages]],
            tools=[dict(tool) for tool in tools] or None,
            chat_template=tokenizer.get_chat_template(tools=list(tools) or None),
            return_assistant_tokens_mask=True,
            add_generation_prompt=False,
            **tokenizer.special_tokens_map,
        )
    return capped(texts[0]), _joined(spans[0])


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > start:
            joined.append((start, end))
    return joined
