"""Several processes that train one model together, as torchrun starts them.

    torchrun --nproc-per-node 2 -m whet train

Every process is a rank. All run the same program on the same step; each computes a part of it, and
what they found is added up. The first rank alone writes and speaks. Small facts (losses, flags,
texts) travel as numbers and JSON over gloo, gradients over nccl where there are GPUs. A process
alone is the first of one: then nothing here imports torch, let alone its `distributed`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from whet.errors import TrainingError, WhetError
from whet.launch import num_processes, process_number
from whet.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those of its job: `number` of `count`, counted from 0.

    Every method is called by all ranks at the same place of the program; a rank that calls alone
    waits until the time-out and then ends. `local` counts on this machine.
    """

    number: int = 0
    count: int = 1
    local: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the rank that writes and speaks."""
        return self.number == 0

    def table(self, row: Sequence[float]) -> list[list[float]]:
        """The rows of all ranks, in their order; numbers are float64."""
        if self.count == 1:
            return [list(row)]
        import torch

        mine = torch.tensor(row, dtype=torch.float64)
        everyone = [torch.empty_like(mine) for _ in range(self.count)]
        torch.distributed.all_gather(everyone, mine)
        return [found.tolist() for found in everyone]

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any rank."""
        return flag if self.count == 1 else any(row[0] for row in self.table([flag]))

    def add_up(self, tensor: Tensor) -> None:
        """Puts the sum over all ranks in the tensor's place."""
        if self.count > 1:
            import torch

            torch.distributed.all_reduce(tensor)

    def tell(self, value: Any) -> Any:
        """The first rank's value, on every rank; anything that JSON holds."""
        if self.count == 1:
            return value
        import torch

        text = json.dumps(value).encode() if self.is_first else b""
        length = torch.tensor([len(text)])
        torch.distributed.broadcast(length, 0)
        letters = torch.empty(int(length), dtype=torch.uint8)
        if self.is_first:
            letters = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        torch.distributed.broadcast(letters, 0)
        return json.loads(letters.numpy().tobytes())

    def first(self, work: Callable[[], Any]) -> Any:
        """What `work` gave on the first rank, which alone does it; the others wait.

        Raises:
            TrainingError: on every rank, where `work` raised an error of ours on the first.
        """
        if self.count == 1:
            return work()
        told: dict[str, Any] = {}
        if self.is_first:
            try:
                told = {"value": work()}
            except WhetError as error:
                told = {"error": str(error)}
        told = self.tell(told)
        if "error" in told:
            raise TrainingError(told["error"])
        return told["value"]

    def agree(self, values: Mapping[str, Any]) -> None:
        """Checks that all ranks have the same values.

        Raises:
            TrainingError: on every rank, where one has others; the keys are named on that one.
        """
        if self.count == 1:
            return
        mine = json.loads(json.dumps(values))
        theirs = self.tell(mine)
        keys = sorted(k for k in {*mine, *theirs} if mine.get(k) != theirs.get(k))
        different = [row[0] for row in self.table([len(keys)])]
        if not any(different):
            return
        told = "".join(f"{k}: {theirs.get(k)} on rank 0, {mine.get(k)} here. " for k in keys)
        who = [number for number, found in enumerate(different) if found]
        raise TrainingError(
            f"the ranks do not compute the same: ranks {who} differ from rank 0. {told}Start all "
            "of them with the same files, versions and settings."
        )


ALONE = Ranks()


@contextmanager
def joined(timeout_s: float = TIMEOUT_S) -> Iterator[Ranks]:
    """This process among those that torchrun started with it; alone without torchrun.

    Raises:
        TrainingError: another process is gone or gave no sign for `timeout_s`, or there are more
            processes than GPUs.
    """
    if num_processes() == 1:
        yield ALONE
        return
    import torch

    number = process_number()
    ranks = Ranks(number, num_processes(), int(os.environ.get("LOCAL_RANK", number)))
    try:
        _connect(ranks, timeout_s)
        yield ranks
    except RuntimeError as error:
        if isinstance(error, WhetError) or not _is_lost(error):
            raise
        # The group is left as it is: closing it would wait for those who are gone.
        reason = str(error).strip().splitlines()[0].partition(". ")[0]
        raise TrainingError(
            f"rank {ranks.number} of {ranks.count}: another process of this job has ended, or gave "
            f"no sign for {timeout_s:.0f} s, so this one ends too ({reason}). The newest "
            "checkpoint is whole: start the job again to go on from it."
        ) from None
    torch.distributed.destroy_process_group()


def _connect(ranks: Ranks, timeout_s: float) -> None:
    import torch

    backend = "gloo"
    if torch.cuda.is_available():
        if ranks.local >= torch.cuda.device_count():
            raise TrainingError(
                f"rank {ranks.number}: there are {torch.cuda.device_count()} GPUs here, fewer than "
                "processes. Start one a GPU (torchrun --nproc-per-node gpu)."
            )
        torch.cuda.set_device(ranks.local)
        backend = "cpu:gloo,cuda:nccl"
    torch.distributed.init_process_group(
        backend, rank=ranks.number, world_size=ranks.count, timeout=timedelta(seconds=timeout_s)
    )


def _is_lost(error: RuntimeError) -> bool:
    """Whether the error is of the connection between ranks. Gloo's are plain RuntimeErrors."""
    import torch

    text = str(error).lower()
    words = ("gloo", "closed by peer", "connection reset", "timed out", "broken pipe")
    return isinstance(error, torch.distributed.DistError) or any(word in text for word in words)


class Muted:
    """Progress of a rank that is not the first: it may be asked to stop, and says nothing."""

    def __init__(self, heard: Progress) -> None:
        self._heard = heard

    def say(self, text: str) -> None:
        """Does nothing."""

    def advance(self, task: str, done: int, total: int) -> None:
        """Does nothing."""

    def should_stop(self) -> bool:
        """Whether this process was asked to stop."""
        return self._heard.should_stop()
