"""whet's own training loop, stopped between steps.

The first step's seconds hold the run's self check too, and with DPO the reference of all rows.
Options: `share_prefixes`, and `without`, the parts of the engine to replace by plain code for the
ablation (see `ablation`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any
from unittest import mock

from benchmarks.training.job import Job, Talk, serve
from benchmarks.training.shapes import random_model


def build(job: Job) -> Callable[[Talk], Iterator[dict[str, Any]]]:
    """A session of `whet.training.loop.train` whose steps are the job's."""
    import torch

    from benchmarks.training.ablation import replaced
    from whet.models.adapter import load_adapter
    from whet.models.load import DTYPES, LoadedModel
    from whet.rows.sequence import Part, RenderedExample, TokenSequence
    from whet.training.loop import train
    from whet.training.sampler import Sampler
    from whet.training.settings import TrainSettings

    model = random_model(job.shape, DTYPES[job.dtype], job.device)
    loaded = LoadedModel(model, None, job.shape, Path("."), "random", "", (0,), 2**30)
    load_adapter(loaded, Path(job.adapter))
    parts = (Part.CHOSEN, Part.REJECTED) if job.objective == "dpo" else ()
    examples = [
        RenderedExample(
            f"{i}-{j}", f"step {i}:{j}", tuple(TokenSequence.of(*path) for path in example), parts
        )
        for i, step in enumerate(job.steps)
        for j, example in enumerate(step)
    ]
    batch = len(job.steps[0])
    settings = TrainSettings(
        epochs=1, batch_size=batch, learning_rate=job.learning_rate, schedule="constant",
        warmup_fraction=0.0, weight_decay=0.0, evals_per_epoch=1, dtype=job.dtype,  # type: ignore[arg-type]
        objective=job.objective,  # type: ignore[arg-type]
        share_prefixes=job.options.get("share_prefixes", True),
        tokens_per_micro_batch=job.options.get("tokens_per_micro_batch"),
    )  # fmt: skip

    def in_order(self: Any, step: int) -> list[int]:
        return list(range(step * batch, (step + 1) * batch))

    def session(talk: Talk) -> Iterator[dict[str, Any]]:
        """Each `log` of the loop is a finished step; the loop waits in it for the next."""
        done: SimpleQueue[dict[str, Any] | BaseException | None] = SimpleQueue()
        go: SimpleQueue[None] = SimpleQueue()

        def log(metrics: dict[str, Any]) -> None:
            done.put({"loss": metrics["train/loss"]})
            go.get()

        def work() -> None:
            torch.set_num_threads(job.options["num_threads"])
            try:
                with (
                    tempfile.TemporaryDirectory() as folder,
                    mock.patch.object(Sampler, "examples", in_order),
                    replaced(job.options.get("without", ())),
                ):
                    train(loaded, examples, [], settings, folder=Path(folder), log=log)
                done.put(None)
            except BaseException as error:  # handed over to the waiting thread
                done.put(error)

        talk.wait()
        Thread(target=work, daemon=True).start()
        for step in job.steps:
            found = done.get()
            if not isinstance(found, dict):
                raise RuntimeError("training ended before its steps") from found
            learnt = sum(sum(path[1]) for example in step for path in example)
            yield {**found, "loss_tokens": learnt}
            talk.wait()
            go.put(None)

    return session


if __name__ == "__main__":
    serve(build)
