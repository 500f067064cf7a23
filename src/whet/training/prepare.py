"""Set-up of a training run: what is trained, from the start or from a checkpoint."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from whet.errors import DataError, TrainingError
from whet.models.four_bit import is_four_bit
from whet.models.load import LoadedModel
from whet.models.lora import TRAINED, add_lora, lora_modules
from whet.progress import Progress
from whet.rows.attention import pads_rows
from whet.rows.row import Row
from whet.rows.sequence import RenderedExample
from whet.training import checkpoint, loss_scale
from whet.training.choices import Choices, apply, choose, corrected
from whet.training.distributed import Ranks
from whet.training.memory import PeakMeter
from whet.training.objectives.fitting import fit_for
from whet.training.objectives.preference import NEED_REFERENCE
from whet.training.objectives.reference import (
    kept_reference,
    measured_reference,
    reference_of,
    with_reference,
)
from whet.training.objectives.teacher import require_teacher
from whet.training.optimizer import AdamW, FlatParameters
from whet.training.optimizer_8bit import AdamW8bit
from whet.training.path import choose_path, path_name
from whet.training.planner import Seen
from whet.training.recompute import Recompute
from whet.training.result import History
from whet.training.sampler import Sampler
from whet.training.settings import TrainSettings
from whet.training.sharding import aligned, shard
from whet.training.step import StepGradient

OPTIMIZERS: dict[str, type[AdamW | AdamW8bit]] = {"adamw": AdamW, "adamw_8bit": AdamW8bit}
NUM_FLAT, BYTES = 4, 4  # values, mean, square and best, in float32


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


def prepare(
    loaded: LoadedModel,
    examples: Sequence[RenderedExample],
    validation: Sequence[RenderedExample],
    settings: TrainSettings,
    *,
    folder: Path,
    progress: Progress,
    ranks: Ranks,
    resume: bool,
    accept_changes: bool,
    teacher: LoadedModel | None = None,
) -> Run:
    """A run at its first step, or where its newest whole checkpoint left it.

    Raises:
        DataError: no examples, rows that are longer than the model or `max_length` allows, or
            rows that the objective cannot learn from.
        TrainingError: on resuming, nothing whole to resume from or something has changed; or a
            teacher that cannot teach this model; or the ranks do not see the same.
    """
    _refuse_unshared(settings, ranks)
    require_teacher(loaded, teacher, settings.objective)
    check_lengths([*examples, *validation], settings, loaded.max_positions)
    examples = fit_for(examples, settings, loaded)
    validation = fit_for(validation, settings, loaded)
    sampler = Sampler([e.id for e in examples], settings.batch_size, settings.epochs, settings.seed)
    for model in (loaded.model, *([teacher.model] if teacher else [])):
        choose_path(model)
    made_of = _made_of(loaded, examples, validation, settings, ranks)
    made_of |= {"teacher": teacher.identity} if teacher else {}
    found = checkpoint.latest(folder) if resume else None
    ranks.agree({**made_of, "newest checkpoint": found.path.name if found else None})
    if found is not None:
        for notice in found.notices:
            progress.say(notice)
        _refuse_changes(found, made_of, accept_changes, progress)
    model = loaded.model
    longest = max(example.longest for example in examples)
    choices = (
        Choices(**found.state["choices"]) if found else _chosen(model, settings, longest, ranks)
    )
    apply(choices, model)
    trained = _trained(model, settings)
    if settings.sharding == "full":
        shard(model, ranks)
        trained = _trained(model, settings)
    flat = FlatParameters(trained)
    run = Run(
        model=model,
        examples=examples,
        validation=validation,
        settings=settings,
        folder=folder,
        ranks=ranks,
        choices=choices,
        flat=flat,
        optimizer=OPTIMIZERS[settings.optimizer](flat, settings.weight_decay),
        sampler=sampler,
        history=History(loss_scale=loss_scale.FIRST if choices.dtype == "float16" else 1.0),
        best=None,
        made_of=made_of,
        due=sampler.evaluation_steps(settings.evals_per_epoch) | {0},
        tokens_per_micro_batch=choices.tokens_per_micro_batch,
        recompute=choices.recompute,
        teacher=teacher.model if teacher else None,
    )
    warning = checkpoint.check_space(folder, NUM_FLAT * BYTES * flat.num_values)
    if warning:
        progress.say(warning)
    if resume and found is None:
        progress.say(f"{folder}: no checkpoint yet; training begins at its first step")
    if found is not None:
        _restore(run, found)
        progress.say(f"resumed at step {run.history.step} from {found.path}")
    elif settings.objective in NEED_REFERENCE:
        _measure_reference(run, progress)
    return run


def _measure_reference(run: Run, progress: Progress) -> None:
    """Gives every row its log-probabilities before training; the time counts as the run's."""
    started = time.perf_counter()
    rows = [*run.examples, *run.validation]
    first_epoch = range(min(run.sampler.num_steps, run.sampler.steps_per_epoch))
    wanted = {index for step in first_epoch for index in run.sampler.examples(step)}
    wanted |= set(range(len(run.examples), len(rows)))
    found = measured_reference(
        run.model, rows, wanted, run.tokens_per_micro_batch, progress.should_stop
    )
    _take_reference(run, found)
    run.history.seconds += time.perf_counter() - started
    progress.say(f"reference: {len(wanted)} rows measured in {run.history.seconds:.1f} s")


def _take_reference(run: Run, reference: Tensor) -> None:
    rows = with_reference([*run.examples, *run.validation], reference)
    run.examples, run.validation = rows[: len(run.examples)], rows[len(run.examples) :]


def check_lengths(
    examples: Sequence[RenderedExample], settings: TrainSettings, max_positions: int
) -> None:
    """Refuses rows that do not fit; nothing is ever cut here.

    Raises:
        DataError: no examples, or some are too long; all of them are named.
    """
    if not examples:
        raise DataError("there are no rows to train on.")
    limit = min(max_positions, settings.max_length or max_positions)
    faults = [
        f"{e.source}: {e.longest} tokens, the limit is {limit}. Choose data.on_too_long: drop, "
        "truncate_left or truncate_right, or a model with a longer context."
        for e in examples
        if e.longest > limit
    ]
    if faults:
        raise DataError(faults)


def _refuse_unshared(settings: TrainSettings, ranks: Ranks) -> None:
    """What several ranks cannot compute together: KTO's divergence, and much of it in shards."""
    if ranks.count > 1 and settings.objective == "kto":
        raise TrainingError("train.objective=kto works in one process; start it without torchrun.")
    if settings.sharding == "none":
        return
    for key, possible in (
        ("objective", ("sft",)),
        ("method", ("lora", "full")),
        ("optimizer", ("adamw",)),
    ):
        if (chosen := getattr(settings, key)) not in possible:
            raise TrainingError(
                f"train.sharding=full works with train.{key}={' or '.join(possible)}, not "
                f"{chosen}. Use train.sharding=none."
            )


def _chosen(model: Any, settings: TrainSettings, longest: int, ranks: Ranks) -> Choices:
    """The first rank's choices: a measurement may come out otherwise on another."""
    device = model.device.type
    if settings.sharding == "full" and torch.cuda.is_available():
        device = "cuda"
    return Choices(**ranks.tell(choose(model, settings, longest, device).as_dict()))


def _trained(model: Any, settings: TrainSettings) -> list[tuple[str, torch.nn.Parameter]]:
    """The parameters to train, made trainable; LoRA layers are put in where there are none."""
    model.eval()
    if (settings.method == "qlora") != is_four_bit(model):
        raise TrainingError(
            f"train.method={settings.method} on a model whose layers are "
            f"{'in 4 bits; use qlora' if is_four_bit(model) else 'not in 4 bits; load it so'}."
        )
    if settings.method == "full":
        if lora_modules(model):
            raise TrainingError("train.method=full on a model with an adapter; merge it first.")
        model.requires_grad_(True)
        return list(model.named_parameters())
    if not lora_modules(model):
        add_lora(
            model,
            rank=settings.rank,
            alpha=settings.alpha,
            rslora=settings.rslora,
            dropout=settings.dropout,
            dora=settings.dora,
            target_modules=settings.target_modules,
            seed=settings.seed,
        )
    model.requires_grad_(False)
    modules = lora_modules(model)
    for module in modules.values():
        module.train(bool(settings.dropout))
    trained = [
        (f"{name}.{leaf}", parameter)
        for name, module in modules.items()
        for leaf in TRAINED
        if (parameter := getattr(module, leaf)) is not None
    ]
    for _, parameter in trained:
        parameter.requires_grad_(True)
    return trained


def _made_of(
    loaded: LoadedModel,
    examples: Sequence[RenderedExample],
    validation: Sequence[RenderedExample],
    settings: TrainSettings,
    ranks: Ranks,
) -> dict[str, Any]:
    """Everything that must be equal for a resumed run to continue the same computation."""
    import transformers

    return {
        "model": loaded.identity,
        "train rows": _digest(examples),
        "validation rows": _digest(validation),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": loaded.device.type,
        "path": path_name(loaded.model),
        "ranks": ranks.count,
        **{f"train.{key}": value for key, value in settings.as_dict().items()},
    }


def _digest(examples: Sequence[RenderedExample]) -> str:
    total = hashlib.sha256()
    for example in examples:
        total.update(example.id.encode())
        for sequence in example.sequences:
            total.update(sequence.tokens.tobytes())
            total.update(sequence.trained.tobytes())
        total.update(" ".join(example.parts).encode())
    return total.hexdigest()[:16]


def _refuse_changes(
    found: checkpoint.Checkpoint, made_of: dict[str, Any], accept: bool, progress: Progress
) -> None:
    before = found.state["made_of"]
    changes = [
        f"{key}: {before.get(key)} then, {made_of.get(key)} now"
        for key in sorted({*before, *made_of})
        if before.get(key) != made_of.get(key)
    ]
    if not changes:
        return
    told = "; ".join(changes)
    if not accept:
        raise TrainingError(
            f"{found.path}: cannot be continued exactly, because of {told}. Undo that, or go on "
            "with --accept-changes, which is recorded with the run."
        )
    found.state["history"]["journal"].append(f"resumed with changes: {told}")
    progress.say(f"resuming with changes: {told}")


def _restore(run: Run, found: checkpoint.Checkpoint) -> None:
    fields = dict(found.state["history"])
    fields["validation"] = [(int(step), float(loss)) for step, loss in fields["validation"]]
    run.history = History(**fields)
    run.optimizer.num_updates = found.state["num_updates"]
    run.tokens_per_micro_batch = found.state["tokens_per_micro_batch"]
    run.recompute = found.state["recompute"]
    names = [name for name in found.tensors if name != "reference"]
    tensors = {name: run.flat.part(found.tensors[name]) for name in names}
    run.flat.load(tensors["values"])
    run.optimizer.load_state(tensors)
    if run.settings.objective in NEED_REFERENCE:
        rows = [*run.examples, *run.validation]
        _take_reference(run, kept_reference(found, rows, run.settings.objective))
    if "best" in tensors:
        run.best = tensors["best"].to(run.flat.values.device)
