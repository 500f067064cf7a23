"""Raw text as token sequences: every token after the first is a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whet.errors import DataError
from whet.rows.render import encode
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.types import content_id


def render_passages(
    passages: Sequence[str], tokenizer: Any, *, max_length: int, source: str = "text"
) -> list[RenderedExample]:
    """Each passage as one example, cut into windows of at most `max_length` tokens.

    A window begins with the tokenizer's BOS where it has one, and windows overlap by nothing, so
    each token of the text is predicted once, apart from each window's first without a BOS.
    """
    bos = [tokenizer.bos_token_id] if tokenizer.bos_token_id is not None else []
    examples = []
    for number, ids in enumerate(encode(tokenizer, passages), start=1):
        body = ids[1:] if bos and ids[:1] == bos else ids
        width = max_length - len(bos)
        windows = [[*bos, *body[i : i + width]] for i in range(0, len(body), width)]
        sequences = tuple(_all_trained(window) for window in windows if len(window) > 1)
        if not sequences:
            raise DataError(f"{source}:{number}: no two tokens, so nothing to predict.")
        examples.append(
            RenderedExample(content_id(passages[number - 1]), f"{source}:{number}", sequences)
        )
    return examples


def _all_trained(ids: list[int]) -> TokenSequence:
    trained = np.ones(len(ids), np.bool_)
    trained[0] = False
    return TokenSequence(np.asarray(ids, np.int32), trained)
