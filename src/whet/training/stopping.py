"""Asking to stop inside a long micro-batch: at each layer, forwards and backwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from whet.training.step import StopAskedError

EVERY_S = 1.0


@contextmanager
def stoppable(
    model: Any, should_stop: Callable[[], bool], every_s: float = EVERY_S
) -> Iterator[None]:
    """Within it the model's layers ask whether to stop, at most every so many seconds.

    On a CPU one micro-batch of a large model takes minutes; a signal should not wait for it.

    Raises:
        StopAskedError: from within the model's forward or backward pass.
    """
    asked = time.monotonic()

    def ask(*_: Any) -> None:
        nonlocal asked
        if time.monotonic() - asked < every_s:
            return
        asked = time.monotonic()
        if should_stop():
            raise StopAskedError

    def watch(module: Any, arguments: Any, output: Any) -> None:
        ask()
        hidden = output[0] if isinstance(output, tuple) else output
        if hidden.requires_grad:
            hidden.register_hook(ask)

    layers = getattr(model.get_decoder(), "layers", ())
    hooks = [layer.register_forward_hook(watch) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
