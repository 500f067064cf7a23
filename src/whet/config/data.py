"""Keys under `data` and `clean`: which rows there are, and what is repaired in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from whet.config.section import Fraction, Section, Words, as_tuple


class SplitConfig(Section):
    """How one file is divided. No split is made that was not asked for."""

    validation: Fraction | None = None
    """Share of the rows for validation (settings are chosen on it), cut from what is not test."""
    test: Fraction | None = None
    """Share of the rows for the test set. Leave out when `data.test` names a file."""
    group_by: str | None = None
    """A column whose rows stay on one side together: customer, document, conversation."""
    time_by: str | None = None
    """A column of dates or numbers: the newest rows are test, the newest of the rest validation."""
    stratify: str | None = None
    """A column, or `answer`: each of its values is divided in the shares asked for."""

    @model_validator(mode="after")
    def _one_rule(self) -> SplitConfig:
        if self.time_by and self.stratify:
            raise ValueError("`time_by` and `stratify` are two rules for one split; keep one")
        rule = "time_by" if self.time_by else "stratify" if self.stratify else None
        if rule and self.validation is None and self.test is None:
            raise ValueError(f"`{rule}` needs a share: `test` or `validation`")
        return self


class DataConfig(Section):
    """Where the examples are and what to do with rows that cannot be used as they are."""

    train: Annotated[Words, Field(min_length=1)]
    """Files, folders or hub ids (org/name:split): JSONL, JSON, CSV, TSV, Parquet, Arrow or text."""
    validation: Words = ()
    """Files for validation, when they are not cut from train by `split.validation`."""
    test: Words = ()
    """Held-out files. Nothing is chosen on them; each look at them is counted."""
    benchmarks: Words = ()
    """Files of benchmarks you will report (JSONL, JSON, CSV): training rows that hold an item of
    theirs are named. All their text columns are looked for; nothing else is done with them."""
    split: SplitConfig = SplitConfig()
    """Cut validation and test from `train` by content hash; equal rows stay on one side. Without
    shares, files whose column `split` names splits are divided by it."""
    columns: dict[str, str] = Field(default={})
    """Only where names must be mapped, e.g. {input: text, output: category}."""
    roles: dict[str, Literal["system", "user", "assistant", "tool"]] = Field(default={})
    """Only where roles must be mapped, e.g. {bot: assistant}."""
    on_leak: Literal["error", "drop_train", "drop_test"] = "error"
    """A held-out row that is (nearly) in training too: stop, or drop it from the named side. Near
    copies that `split` itself has parted leave the side that is held out less, and it is said."""
    on_too_long: Literal["error", "drop", "truncate_left", "truncate_right"] = "error"
    """A training row longer than `train.max_length`: stop, drop it, or cut its prompt."""


RepairName = Literal[
    "broken", "secrets", "personal_data", "encoding", "quotes", "whitespace", "labels",
    "refusals", "duplicates", "near_duplicates", "leaks_train", "leaks_test",
]  # fmt: skip


class CleanConfig(Section):
    """What `whet clean` repairs. Nothing is repaired that is not named; what could be, it says."""

    repair: Annotated[tuple[RepairName, ...], BeforeValidator(as_tuple)] = ()
    """Repairs by name: [broken, whitespace, duplicates]. `docs/clean.md` says what each does."""
