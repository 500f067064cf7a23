"""The terms of a run: how all arms answer, which form and metric count, and the frozen plan."""

from __future__ import annotations

from typing import Any

from whet.config import Config
from whet.data import Dataset
from whet.errors import DataError
from whet.evals.choices import closed_set, outside
from whet.evals.plan import Plan, freeze
from whet.evals.scorers import format_scorer
from whet.types import Decoding


def decoding(config: Config, dataset: Dataset) -> Decoding:
    """How all arms answer. `choices: auto` takes the closed set of the training answers.

    Raises:
        DataError: a held-out answer is not among the choices, so that no arm could give it.
    """
    setting = config.generate.choices
    choices: tuple[str, ...] = ()
    if setting == "auto":
        choices = closed_set(dataset.train) or ()
    elif setting != "none":
        choices = setting
    if choices:
        strange = outside(choices, (*dataset.validation, *dataset.test))
        if strange:
            lines = [f"{e.source}: {e.answer!r} is not among the choices." for e in strange[:10]]
            raise DataError(
                [
                    *lines,
                    f"{len(strange)} held-out answers are outside the {len(choices)} choices, so"
                    " no arm could give them. Set generate.choices to the whole list, or to none.",
                ]
            )
    return Decoding(
        temperature=config.generate.temperature,
        max_new_tokens=config.generate.max_new_tokens,
        stop=config.generate.stop,
        choices=choices,
        seed=config.train.seed,
    )


def gate_settings(config: Config) -> dict[str, dict[str, Any]]:
    """The named gates with their settings; `forgetting` is always among them."""
    values = config.gates.model_dump(mode="json")
    return {name: settings for name, settings in values.items() if settings is not None}


def form(config: Config, choices: tuple[str, ...]) -> Any:
    """The scorer of the form that answers have to keep, or None where none is stated."""
    gate = config.gates.format
    if gate is not None:
        return format_scorer(regex=gate.regex, json_keys=gate.json_keys or None)
    return format_scorer(choices=choices) if choices else None


def frozen_plan(config: Config, dataset: Dataset, arms: tuple[str, ...], how: Decoding) -> Plan:
    """The plan of a run with a test set.

    Raises:
        ConfigError: no primary metric, or no test set.
    """
    return freeze(
        dataset.test,
        primary=config.eval.primary,
        margin=config.eval.margin,
        gates=gate_settings(config),
        arms=arms,
        decoding=how,
    )


JUDGE, PREFERENCE = "judge", "preference"
"""Primary metrics that no scorer computes: a judge or people say them, after the answers."""


def choosing_metric(config: Config) -> str | None:
    """The metric that prompts and settings are chosen by on validation.

    It is the primary one, or else the first under `eval.metrics` that a scorer computes.
    """
    names = [name for name in config.eval.metrics if name not in (JUDGE, PREFERENCE)]
    if config.eval.primary in (JUDGE, PREFERENCE):
        return names[0] if names else None
    return config.eval.primary
