"""A training run: its parts, its state between two steps, and how that is saved and restored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from whet.rows.attention import pads_rows
from whet.rows.row import Row
from whet.rows.sequence import RenderedExample
from whet.training import checkpoint
from whet.training.choices import Choices, corrected
from whet.training.distributed import Ranks
from whet.training.memory import PeakMeter
from whet.training.objectives.preference import NEED_REFERENCE
from whet.training.objectives.reference import kept_reference, reference_of, with_reference
from whet.training.optimizer import AdamW, FlatParameters
from whet.training.optimizer_8bit import AdamW8bit
from whet.training.planner import Seen
from whet.training.recompute import Recompute
from whet.training.result import History
from whet.training.sampler import Sampler
from whet.training.settings import TrainSettings
from whet.training.sharding import aligned
from whet.training.step import StepGradient


@dataclass(slots=True, eq=False)
class Run:
    """The parts of a training run, handed to the loop."""

    model: Any
    examples: Sequence[RenderedExample]
    validation: Sequence[RenderedExample]
    settings: TrainSettings
    folder: Path
    ranks: Ranks
    choices: Choices
    flat: FlatParameters
    optimizer: AdamW | AdamW8bit
    sampler: Sampler
    history: History
    best: Tensor | None
    made_of: dict[str, Any]
    due: frozenset[int]
    tokens_per_micro_batch: int
    recompute: Recompute
    teacher: Any = None

    @property
    def stopped_early(self) -> bool:
        """Whether validation has gone without a gain for `patience` measurements."""
        return 0 < self.settings.patience <= self.history.worse_in_a_row

    def adapt(self, gradient: StepGradient, meter: PeakMeter | None) -> str:
        """Takes over what a step was computed with, and what the first one has shown.

        Returns what changed, in words; empty where nothing did.
        """
        used = (gradient.tokens_per_micro_batch, gradient.recompute)
        if used != (self.tokens_per_micro_batch, self.recompute):
            self.tokens_per_micro_batch, self.recompute = used
            return (
                f"out of memory: micro-batches of {used[0]} tokens, recompute {used[1]} from here "
                "on; the steps themselves are unchanged"
            )
        growth = meter.growth_bytes() if meter else None
        if meter is None or growth is None:
            return ""
        longest = max(example.longest for example in self.examples)
        seen = Seen(gradient.largest_row, growth, meter.free_bytes)
        found = corrected(self.choices, self.model, self.settings, longest, seen)
        if found == self.choices:
            return ""
        self.choices = found
        self.tokens_per_micro_batch, self.recompute = found.tokens_per_micro_batch, found.recompute
        return (
            f"the first step took {growth / 1e9:.2f} GB: micro-batches of "
            f"{found.tokens_per_micro_batch} tokens, recompute {found.recompute} from here on; the "
            "steps themselves are unchanged"
        )

    @property
    def shares_prefixes(self) -> bool:
        """Whether shared prefixes are computed once: not with dropout, nor in padded batches."""
        asked = self.settings.share_prefixes and not self.settings.dropout
        return asked and not pads_rows(self.model)

    @property
    def finished(self) -> bool:
        return self.stopped_early or self.history.step >= self.sampler.num_steps

    @property
    def align(self) -> Callable[[list[Row]], list[Row]] | None:
        """Fills up rows where all ranks must compute equally many; None where they need not."""
        return partial(aligned, ranks=self.ranks) if self.settings.sharding == "full" else None

    def should_stop(self, asked: Callable[[], bool]) -> Callable[[], bool]:
        """Whether to stop now; of any rank, where all compute row by row together."""
        return (lambda: self.ranks.any(asked())) if self.align else asked

    def save(self) -> Path:
        """Commits a checkpoint of the state as it is, between two steps; the first rank writes.

        Raises:
            TrainingError: it cannot be written, or the ranks' weights are no longer the same bits.
        """
        if not self.flat.is_sharded:
            bits = self.flat.values.view(torch.int32).sum(dtype=torch.int64)
            self.ranks.agree({"bits of the weights": int(bits)})
        state = {
            "history": asdict(self.history),
            "choices": self.choices.as_dict(),
            "made_of": self.made_of,
            "num_updates": self.optimizer.num_updates,
            "tokens_per_micro_batch": self.tokens_per_micro_batch,
            "recompute": self.recompute,
        }
        tensors = {"values": self.flat.values, **self.optimizer.state()}
        if self.best is not None:
            tensors["best"] = self.best
        tensors = {name: self.flat.whole(tensor) for name, tensor in tensors.items()}
        if self.settings.objective in NEED_REFERENCE:
            tensors["reference"] = reference_of([*self.examples, *self.validation])
        step = self.history.step
        place = self.ranks.first(lambda: str(checkpoint.write(self.folder, step, state, tensors)))
        return Path(place)

    def take_reference(self, reference: Tensor) -> None:
        """Gives every row its log-probabilities before training."""
        rows = with_reference([*self.examples, *self.validation], reference)
        count = len(self.examples)
        self.examples, self.validation = rows[:count], rows[count:]

    def restore(self, found: checkpoint.Checkpoint) -> None:
        """Puts the state of a checkpoint in place."""
        fields = dict(found.state["history"])
        fields["validation"] = [(int(step), float(loss)) for step, loss in fields["validation"]]
        self.history = History(**fields)
        self.optimizer.num_updates = found.state["num_updates"]
        self.tokens_per_micro_batch = found.state["tokens_per_micro_batch"]
        self.recompute = found.state["recompute"]
        names = [name for name in found.tensors if name != "reference"]
        tensors = {name: self.flat.part(found.tensors[name]) for name in names}
        self.flat.load(tensors["values"])
        self.optimizer.load_state(tensors)
        if self.settings.objective in NEED_REFERENCE:
            rows = [*self.examples, *self.validation]
            self.take_reference(kept_reference(found, rows, self.settings.objective))
        if "best" in tensors:
            self.best = tensors["best"].to(self.flat.values.device)
