"""The model in this process as a backend: closed while somebody still reads its answer."""

from __future__ import annotations

import asyncio
import time

import pytest

from whet.serving.backends.backend import Conversation, Sampling
from whet.serving.opening import open_backend
from whet.serving.surface.faults import Fault
from whet.serving.target import Target


def test_closing_ends_the_answer_that_is_under_way() -> None:
    async def told() -> tuple[float, Fault]:
        backend = open_backend(
            Target("nano", model="whet-nano"), "transformers",
            context=None, slots=None, say=lambda text: None,
        )  # fmt: skip
        # What ends an answer is forbidden, so it would go on to the end of the context.
        never = dict.fromkeys(backend._loaded.stop_ids, -100.0)
        asked = Conversation([{"role": "user", "content": "hi"}])
        pieces = backend.chat(asked, Sampling(logit_bias=never))
        await anext(pieces)
        start = time.monotonic()
        await backend.close()
        seconds = time.monotonic() - start
        with pytest.raises(Fault) as caught:
            async for _ in pieces:
                pass
        return seconds, caught.value

    seconds, fault = asyncio.run(told())
    assert seconds < 1
    assert fault.code == "stopping"
