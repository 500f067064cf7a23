"""What has to hold before a run folder is made: data, prompts, plan. Costs seconds, touches no GPU.

A mistake found here leaves no folder behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from whet.data import Dataset, TokenCount, load, require_lengths, resolve_lengths
from whet.data.ledger import Dropped
from whet.errors import ConfigError, DataError
from whet.evals.arms import system_text, with_system
from whet.evals.scorers import merged
from whet.project import Project
from whet.types import Example

SMOKE_ROWS = 8

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
