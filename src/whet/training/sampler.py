"""Which examples form each optimizer step: fixed before the engine rearranges anything.

An epoch's order is a hash of (seed, epoch, example id), so it depends neither on the order of the
file nor on what was drawn before, and a resumed run needs nothing but the number of its step.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence


class Sampler:
    """Steps of `batch_size` examples; the last step of an epoch may be smaller.

    `epochs` may be a fraction: 0.5 stops half-way through the first epoch.
    """

    def __init__(self, ids: Sequence[str], batch_size: int, epochs: float, seed: int) -> None:
        self.batch_size, self.seed = batch_size, seed
        self.steps_per_epoch = math.ceil(len(ids) / batch_size)
        self.num_steps = max(1, math.ceil(self.steps_per_epoch * epochs - 1e-9))
        seen: Counter[str] = Counter()
        self._keys = []
        for name in ids:
            self._keys.append(f"{name}#{seen[name]}")
            seen[name] += 1
        self._epoch, self._order = -1, [0]

    def examples(self, step: int) -> list[int]:
        """Indices of the examples of optimizer step `step`, counted from 0."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        return self._order[place * self.batch_size : (place + 1) * self.batch_size]

    def _shuffled(self, epoch: int) -> list[int]:
        def key(index: int) -> bytes:
            text = f"{self.seed}:{epoch}:{self._keys[index]}"
            return hashlib.blake2b(text.encode(), digest_size=16).digest()

        return sorted(range(len(self._keys)), key=key)

    def evaluation_steps(self, evals_per_epoch: int) -> frozenset[int]:
        """Numbers of finished steps after which to evaluate; the last one always."""
        every = self.steps_per_epoch / evals_per_epoch
        count = math.ceil(self.num_steps / every)
        due = {round(every * i) for i in range(1, count + 1)}
        return frozenset(s for s in due if 0 < s < self.num_steps) | {self.num_steps}
