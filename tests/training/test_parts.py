"""Sampler, schedule, optimizer and diagnosis, each alone."""

from __future__ import annotations

import math

import pytest
import torch

from whet.training.diagnosis import diagnose
from whet.training.optimizer import AdamW, FlatParameters, clip_gradient
from whet.training.result import History
from whet.training.sampler import Sampler
from whet.training.schedule import learning_rate
from whet.training.settings import TrainSettings

IDS = [f"example-{i}" for i in range(23)]


def test_an_epoch_shows_every_example_once_and_epochs_differ() -> None:
    sampler = Sampler(IDS, 5, 2, seed=0)
    assert sampler.steps_per_epoch == 5 and sampler.num_steps == 10
    epochs = [
        [i for step in range(e * 5, e * 5 + 5) for i in sampler.examples(step)] for e in (0, 1)
    ]
    assert all(sorted(epoch) == list(range(23)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_steps_depend_neither_on_the_order_of_the_file_nor_on_what_was_asked_before() -> None:
    names = Sampler(IDS, 5, 2, seed=0)
    reversed_names = Sampler(IDS[::-1], 5, 2, seed=0)
    for step in (9, 0, 4, 7):
        assert [IDS[i] for i in names.examples(step)] == [
            IDS[::-1][i] for i in reversed_names.examples(step)
        ]
    assert Sampler(IDS, 5, 2, seed=1).examples(0) != names.examples(0)


def test_copies_of_an_example_are_all_shown() -> None:
    sampler = Sampler(["a", "a", "b"], 3, 1, seed=0)
    assert sorted(sampler.examples(0)) == [0, 1, 2]


@pytest.mark.parametrize(("epochs", "steps"), [(0.1, 1), (0.5, 3), (1.2, 6), (3, 15)])
def test_epochs_may_be_fractions(epochs: float, steps: int) -> None:
    assert Sampler(IDS, 5, epochs, seed=0).num_steps == steps


@pytest.mark.parametrize("per_epoch", [1, 3, 50])
def test_the_last_step_is_always_evaluated(per_epoch: int) -> None:
    sampler = Sampler(IDS, 5, 1.5, seed=0)
    due = sampler.evaluation_steps(per_epoch)
    assert max(due) == sampler.num_steps and min(due) > 0
    assert len(due) == min(sampler.num_steps, math.ceil(per_epoch * 1.6))


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_the_rate_rises_to_its_peak_then_falls(schedule: str) -> None:
    settings = TrainSettings(learning_rate=1e-3, schedule=schedule, warmup_fraction=0.1)  # type: ignore[arg-type]
    rates = [learning_rate(step, 100, settings) for step in range(100)]
    assert rates[0] == pytest.approx(1e-4) and rates[9] == rates[10] == 1e-3 == max(rates)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == (1e-3 if schedule == "constant" else pytest.approx(0, abs=2e-5))
    assert min(rates) > 0


def test_the_optimizer_is_torch_adamw() -> None:
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(*s)) for s in ((3, 4), (5,), (2, 2))]
    theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    flat = FlatParameters([(str(i), p) for i, p in enumerate(ours)])
    optimizer = AdamW(flat, weight_decay=0.1)
    decayed, plain = [theirs[0], theirs[2]], [theirs[1]]
    reference = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    )
    for step in range(20):
        flat.grads.zero_()
        reference.zero_grad()
        for group in (ours, theirs):
            sum((p * p * (i + step)).sum() + p.sum() for i, p in enumerate(group)).backward()
        norm = clip_gradient(flat.grads, 1.0)
        expected = torch.nn.utils.clip_grad_norm_(theirs, 1.0)
        assert norm == pytest.approx(float(expected), rel=1e-5)
        rate = 1e-2 * (step + 1)
        for options in reference.param_groups:
            options["lr"] = rate
        optimizer.step(rate)
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-6)


def history(losses: list[float], validation: list[tuple[int, float]]) -> History:
    later = [pair for pair in validation if pair[0]]
    best = min(later, key=lambda pair: pair[1]) if later else (None, None)
    return History(
        step=len(losses), losses=losses, validation=validation, best_step=best[0], best_loss=best[1]
    )


FALLING = [3.0 - 0.1 * i for i in range(20)]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (history(FALLING, [(0, 3.0), (5, 2.0), (10, 1.5), (20, 1.9)]), "overfitting"),
        (history(FALLING, [(0, 1.0), (10, 1.2), (20, 1.3)]), "never below its start"),
        (history([2.0] * 20, []), "flat"),
        (history([*FALLING[:15], 9.0, *FALLING[15:]], []), "spikes"),
        (history([*FALLING, math.nan], []), "not applied"),
        (history(FALLING, [(0, 3.0), (10, 2.0), (20, 1.5)]), "still falling"),
    ],
)
def test_curves_are_read_in_words(found: History, words: str) -> None:
    assert any(words in line for line in diagnose(found, steps_per_epoch=5, stopped_early=False))


def test_a_good_run_needs_no_words() -> None:
    good = history(FALLING, [(0, 3.0), (10, 1.50), (20, 1.49)])
    assert diagnose(good, steps_per_epoch=5, stopped_early=False) == []
