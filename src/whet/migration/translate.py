"""A file of another tool to the keys of whet.yaml, with a word on every key of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from whet.errors import ConfigError
from whet.migration.account import Entry, Fate
from whet.migration.batch import Lengths
from whet.migration.datasets import DataSet
from whet.migration.finding import find_datasets
from whet.migration.instead import is_off, look_up
from whet.migration.loading import Loaded, load_datasets
from whet.migration.recipe import Recipe, open_recipe
from whet.migration.source import read_source
from whet.migration.training import translate_training
from whet.types import Example

Measure = Callable[[Sequence[Example], str], Lengths]
"""(training rows, model) to their lengths."""

ADDED_VALIDATION, ADDED_TEST = 0.1, 0.2
MAX_TEMPLATE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Translation:
    """What a file became. `values` are keys of whet.yaml by path, `entries` every key of the file.

    `missing` are data sets that are not on this machine; `prompt` and `template` are texts for
    files of their own, where the file had them.
    """

    path: Path
    tool: str
    model: str
    values: dict[str, Any]
    comments: dict[str, str]
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]
    loaded: tuple[Loaded, ...]
    missing: tuple[DataSet, ...]
    prompt: str | None
    template: str | None

    @property
    def examples(self) -> list[Example]:
        """The training rows."""
        return [e for one in self.loaded if one.data.split == "train" for e in one.examples]

    def by_fate(self, fate: Fate) -> list[Entry]:
        """The keys of one fate, in the order of the file."""
        return [entry for entry in self.entries if entry.fate is fate]


def translate(
    path: Path, measure: Measure, *, data: Path | None = None, model: str | None = None
) -> Translation:
    """The translation of a file of Axolotl, LLaMA-Factory, TRL or Unsloth.

    Args:
        path: the file.
        measure: counts the tokens of training rows, for batches that were packed.
        data: rows to take instead of the file's own training data.
        model: the model to take instead of the file's own.

    Raises:
        ConfigError: the file cannot be read, is of no known tool, or asks for what whet cannot do.
        DataError: its rows cannot be read.
    """
    recipe = open_recipe(read_source(path))
    _objective(recipe)
    sets = find_datasets(recipe)
    recipe.require()
    loaded = load_datasets(_chosen(sets, data))
    named = _model(recipe, model)
    examples = [e for one in loaded if one.data.split == "train" for e in one.examples]
    lengths = measure(examples, named) if examples else None
    translate_training(recipe, lengths)
    _validation(recipe, loaded, len(examples))
    prompt = _system(recipe, examples)
    template = _template(recipe)
    _answers(recipe)
    recipe.require()
    _close_rest(recipe)
    missing = tuple(one.data for one in loaded if one.reading is None)
    return Translation(
        path, recipe.source.tool.name, named, recipe.ours, recipe.comments,
        recipe.account.entries(), tuple(dict.fromkeys(recipe.notes)), tuple(loaded), missing,
        prompt, template,
    )  # fmt: skip


def _chosen(sets: list[DataSet], data: Path | None) -> list[DataSet]:
    """The sets to read: `data` in the place of every training set, read as the first of them."""
    if data is None:
        return sets
    first = next(one for one in sets if one.split == "train")
    return [replace(first, name=str(data), files=(data,)), *(s for s in sets if s.split != "train")]


def _objective(recipe: Recipe) -> None:
    asked = recipe.get("objective")
    if asked not in (None, False, "sft"):
        recipe.refuse("objective", "only imitation (SFT) is translated. whet has dpo, orpo, kto and"
                                   " distil as train.objective; write that whet.yaml by hand."
                                   " There is no reward or pre-training.")  # fmt: skip
    recipe.close("objective", Fate.IRRELEVANT, "what whet does.")


def _model(recipe: Recipe, model: str | None) -> str:
    given = recipe.get("model")
    if model is not None:
        if recipe.has("model"):
            recipe.instead("model", f"{model} was asked for on the command line.")
        return model
    if not isinstance(given, str):
        raise ConfigError(f"{recipe.source.path}: names no base model. Add one, or use --model.")
    place = recipe.source.locate(given)
    named = str(place) if place is not None and place.is_dir() else given
    recipe.close("model", Fate.TRANSLATED, "model")
    return named


def _validation(recipe: Recipe, loaded: Sequence[Loaded], num_rows: int) -> None:
    own = any(one.data.split == "validation" and one.reading for one in loaded)
    share = recipe.number("validation", 0.0) or 0.0
    if share >= 1 and num_rows:
        share = float(f"{min(0.5, share / num_rows):.2g}")
    if own:
        recipe.close("validation", Fate.IRRELEVANT, "there is a validation file.")
    elif 0 < share < 1:
        recipe.put("data.split.validation", share, "validation")
    else:
        recipe.put("data.split.validation", ADDED_VALIDATION, comment="added: choices and early"
                   " stopping need it")  # fmt: skip
        if share >= 1:
            recipe.instead("validation", "a tenth of the rows: the data are not here to count.")
        recipe.close("validation", Fate.IRRELEVANT, "whet needs one: a tenth of the rows.")
    recipe.put("data.split.test", ADDED_TEST, comment="added: without it there is no verdict")
    recipe.notes.append(
        f"{ADDED_TEST:.0%} of the rows are now for the test set, which {recipe.source.tool.name}"
        " has not; name a file under data.test to train on them too."
    )


def _system(recipe: Recipe, examples: Sequence[Example]) -> str | None:
    """The system text of the file, unless rows have their own."""
    text = None
    for key in recipe.given.get("system", ()):
        text = str(recipe.source.keys[key]).strip() or None
    if text and any(example.system for example in examples):
        recipe.instead("system", "rows have system messages of their own, and those are used.")
        return None
    recipe.close("system", Fate.TRANSLATED, "prompts/prompt.txt")
    return text


def _template(recipe: Recipe) -> str | None:
    text = _template_text(recipe)
    name = recipe.get("template")
    if name in ("tokenizer_default", "jinja") or (text and recipe.has("template")):
        recipe.close("template", Fate.IRRELEVANT, "the model's own or the one that is named.")
    elif recipe.has("template"):
        said = (
            "the model's own is used; `whet check --show-mask 1` shows it, `template:` names one."
        )
        recipe.instead("template", said)
    return text


def _template_text(recipe: Recipe) -> str | None:
    given = recipe.get("template_text")
    if not isinstance(given, str):
        return None
    text = given if "{{" in given or "{%" in given else None
    place = recipe.source.locate(given) if text is None and "\n" not in given else None
    if place is not None and place.is_file() and place.stat().st_size <= MAX_TEMPLATE_BYTES:
        try:
            text = place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{place}: cannot be read as a template: {error}.") from None
    if text is None:
        recipe.instead("template_text", "no such file here: the model's own template is used.")
        return None
    recipe.close("template_text", Fate.TRANSLATED, "template: template.jinja")
    return text


def _answers(recipe: Recipe) -> None:
    """What is trained on, and how answers are made."""
    said = "whet trains on assistant answers and their stop token, always."
    if recipe.source.tool.name in ("TRL", "Unsloth") and not recipe.get("answers_only"):
        recipe.instead("answers_only", f"trains on questions too; {said}")
    recipe.close("answers_only", Fate.IRRELEVANT, said)
    if recipe.get("train_on_inputs"):
        recipe.instead("train_on_inputs", said)
    recipe.close("train_on_inputs", Fate.IRRELEVANT, said)
    tokens = recipe.number("max_new_tokens")
    if tokens is not None and tokens >= 1:
        recipe.put("generate.max_new_tokens", int(tokens), "max_new_tokens")
    temperature = recipe.number("temperature")
    if temperature is not None and 0 <= temperature <= 2:
        recipe.put("generate.temperature", temperature, "temperature")


def _close_rest(recipe: Recipe) -> None:
    """A word on every key that is no concept: from the tables, or that it is not known."""
    for key in recipe.account.open_keys:
        found = look_up(key.rpartition(".")[2].partition("[")[0])
        value = recipe.source.keys[key]
        if found is None:
            recipe.account.close(key, Fate.UNKNOWN, "nothing was done with it.")
        elif found[0] and not is_off(value):
            recipe.account.close(key, Fate.INSTEAD, found[1])
        else:
            recipe.account.close(key, Fate.IRRELEVANT, "off." if found[0] else found[1])
