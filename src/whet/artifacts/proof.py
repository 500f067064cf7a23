"""What is said of two engines that answered the same prompts: the lines of an artifact's proof."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Proof:
    """Engine `b` measured against engine `a`, which is the model that was judged.

    `max_logit_diff` is the largest difference of any log-probability along a's answers, `kl` the
    mean KL divergence of a position in nats; `greedy_equal` the prompts whose greedy answers are
    the same text. None: not told by the engine. `cause` says what is wrong where it did not pass.

    `kind` is the format whose `tolerance` (max_logit_diff, kl, derivation) was applied. `ties` are
    the prompts whose answers part at two tokens that lie closer than the tolerance can tell,
    `first_difference` where the first that parts does, and `notes` what is no fault but worth
    knowing.
    """

    a: str
    b: str
    prompts: int
    max_logit_diff: float | None
    kl: float | None
    greedy_equal: int
    metric_a: float | None
    metric_b: float | None
    passed: bool
    cause: str = ""
    kind: str = ""
    tolerance: dict[str, Any] = field(default_factory=dict)
    ties: int = 0
    first_difference: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The proof as it stands in an artifact's manifest and in `whet export --json`."""
        return asdict(self)
