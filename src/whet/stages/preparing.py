"""What has to hold before a run folder is made: data, prompts, plan. Costs seconds, touches no GPU.

A mistake found here leaves no folder behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from whet.config import Config
from whet.data import Dataset, TokenCount, load, require_lengths, resolve_lengths
from whet.data.ledger import Dropped
from whet.errors import ConfigError, DataError, MissingExtraError
from whet.evals.arms import system_text
from whet.evals.choices import closed_set, outside
from whet.evals.plan import Plan, freeze
from whet.evals.scorers import format_scorer, merged
from whet.project import Project
from whet.types import Decoding, Example, Message

SMOKE_ROWS = 8

MODEL_PACKAGES = ("torch", "transformers", "safetensors", "peft", "jinja2")


def require_models() -> None:
    """Refuses to go on where models cannot be loaded.

    Raises:
        MissingExtraError: with the command that installs what is missing.
    """
    for package in MODEL_PACKAGES:
        if find_spec(package) is None:
            raise MissingExtraError(package, "train", "Loading a model")


Prompts = Mapping[str, str | None]
"""Name and text of each prompt to try; None keeps each row's own system message."""


def prompts(project: Project, dataset: Dataset) -> Prompts:
    """The prompts to try as the baseline.

    Raises:
        ConfigError: a file is missing, or there are several and no validation set to choose on.
        DataError: a row's own system message conflicts with a prompt, or a place has no field.
    """
    if project.config.prompt:
        found: Prompts = {name: project.read_text(name, "prompt") for name in project.config.prompt}
    elif any(example.system for example in dataset.train):
        found = {"(the rows' own)": None}
    else:
        found = {"(the task)": project.config.task.strip() or None}
    if len(found) > 1 and not dataset.validation:
        raise ConfigError(
            f"prompt: {len(found)} prompts and no validation set to choose on. Add"
            " data.split.validation: 0.1, or name one prompt."
        )
    for text in {*found.values(), tuned_prompt(project, None)}:
        _check_prompt(text, dataset)
    return found


def tuned_prompt(project: Project, chosen: str | None) -> str | None:
    """The system prompt of the tuned arms; `chosen` is the baseline's."""
    setting = project.config.tuned_prompt
    if setting == "same":
        return chosen
    return None if setting == "none" else project.read_text(setting, "tuned_prompt")


def _check_prompt(text: str | None, dataset: Dataset) -> None:
    faults: list[str] = []
    for example in (*dataset.train, *dataset.validation, *dataset.test):
        try:
            system_text(text, example)
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)


def prepare(
    project: Project, *, smoke: bool = False, lengths: bool = True, masks: bool = True
) -> Dataset:
    """The data of a run, with rows that are too long dealt with as `data.on_too_long` says.

    In a smoke run: eight training rows, eight of validation, and no test item at all. With
    `masks` the loss mask of every row to train on or validate with is proven.

    Raises:
        ConfigError, DataError, ModelError: what is wrong, all of a kind at once.
    """
    config = project.config
    dataset = load(
        config.data,
        root=project.root,
        has_prompt=bool(config.prompt),
        objective=config.train.objective,
    )
    if config.eval.references == "merge":
        dataset = with_merged_references(dataset)
    if smoke:
        spare = dataset.train[SMOKE_ROWS : 2 * SMOKE_ROWS] or dataset.train[:SMOKE_ROWS]
        validation = dataset.validation[:SMOKE_ROWS] or spare
        dataset = replace(dataset, train=dataset.train[:SMOKE_ROWS], validation=validation, test=[])
    found = prompts(project, dataset)
    if project.config.rag and not project.path(project.config.rag.documents).exists():
        raise ConfigError(f"rag.documents: {project.path(project.config.rag.documents)}: missing.")
    return fitted(project, dataset, found, masks=masks) if lengths else dataset


def with_merged_references(dataset: Dataset) -> Dataset:
    """Held-out rows that ask the same as one item; the ledger says where the others went."""
    ledger, parts = dataset.ledger, {}
    for name in ("validation", "test"):
        kept, gone = merged(dataset.splits[name])
        ledger = ledger.drop(name, [Dropped.of(row, "merged_reference") for row in gone])
        parts[name] = kept
    ledger.check()
    return replace(dataset, validation=parts["validation"], test=parts["test"], ledger=ledger)


def fitted(project: Project, dataset: Dataset, found: Prompts, *, masks: bool = True) -> Dataset:
    """Training rows within the length limit; the ledger says what it cost, in rows and tokens.

    With `masks` the loss mask of every row to train on or validate with is proven.
    """
    from whet.stages.tokens import token_counter

    texts = {tuned_prompt(project, chosen) for chosen in found.values()}
    counter = token_counter(project, texts)

    def num_tokens(example: Example, known: Mapping[str, int]) -> int:
        return known.get(example.id) or counter([example])[0]

    def counted(examples: list[Example]) -> dict[str, int]:
        lengths = counter(examples)
        return {example.id: n for example, n in zip(examples, lengths, strict=True)}

    counts = {name: counted(part) for name, part in dataset.splits.items()}
    for name in ("validation", "test"):
        require_lengths(
            dataset.splits[name], partial(num_tokens, known=counts[name]), counter.limit
        )
    of_train = partial(num_tokens, known=counts["train"])
    rows = resolve_lengths(dataset.train, of_train, counter.limit, project.config.data.on_too_long)
    read = {n: sum(counts[n][e.id] for e in part) for n, part in dataset.splits.items()}
    kept = read | {"train": sum(of_train(example) for example in rows.examples)}
    tokens = TokenCount(sum(read.values()), kept, rows.num_cut)
    ledger = dataset.ledger.drop("train", rows.dropped).truncate(rows.truncated)
    ledger = ledger.with_tokens(tokens)
    ledger.check()
    if masks:
        from whet.rows.proven import proven_examples

        shown = [
            replace(example, messages=with_system(counter.prompt, example))
            for example in (*rows.examples, *dataset.validation)
        ]
        turns = project.config.train.turns
        proven_examples(shown, counter.tokenizer, counter.stop_ids, turns=turns)
    return replace(dataset, train=rows.examples, ledger=ledger)


def with_system(prompt: str | None, example: Example) -> tuple[Message, ...]:
    """The row's messages with the prompt as its system message, if there is one."""
    text = system_text(prompt, example)
    own = example.messages[1:] if example.system is not None else example.messages
    return ({"role": "system", "content": text}, *own) if text else own


def model_name(project: Project, name: str | None = None) -> str:
    """A folder relative to the project where there is one of that name, else the name itself."""
    name = name or project.config.model
    local = project.path(name)
    return str(local) if local.is_dir() else name


def tokenizer_folder(project: Project) -> Path:
    """The folder of the project's model on this machine."""
    from whet.models.files import find_folder

    return find_folder(model_name(project))


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


def project_file(project: Project, name: str, key: str) -> Path:
    """A file that the configuration names under `key`.

    Raises:
        ConfigError: it is missing.
    """
    path = project.path(name)
    if not path.exists():
        raise ConfigError(f"{key}: {path}: missing.")
    return path
