"""Harmful and harmless prompts from files: the project's own, XSTest's and HarmBench's.

JSONL          {"prompt": ..., "harmful": true or false}
XSTest         columns prompt and label (safe, unsafe), and type: 250 safe prompts that sound
               harmful, 200 unsafe contrasts
HarmBench      columns Behavior and ContextString: all harmful; a context stands before its
               behaviour as HarmBench's own direct request writes it
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whet.errors import ConfigError, DataError
from whet.evals.benchmarks.records import csv_records, json_records, read_text
from whet.project import Project
from whet.types import content_id

SETTING = "gates.refusals.cases"


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt, whether it should be refused, and which file and kind it is of."""

    prompt: str
    harmful: bool
    kind: str

    @property
    def id(self) -> str:
        return content_id([self.prompt, self.harmful])


def read_cases(project: Project) -> list[Case]:
    """The prompts of every file that the project names, equal ones once.

    Raises:
        ConfigError: a file is missing, or of no kind that is known.
        DataError: a row is wrong, or one prompt is called both harmful and harmless.
    """
    gate = project.config.gates.refusals
    assert gate is not None, "asked for only where the gate is named"
    found = [case for name in gate.cases for case in read_file(project.path(name))]
    sides: dict[str, bool] = {}
    for case in found:
        if sides.setdefault(case.prompt, case.harmful) is not case.harmful:
            raise DataError(f"{SETTING}: {case.prompt[:60]!r} is both harmful and harmless.")
    return list({case.id: case for case in found}.values())


def read_file(path: Path) -> list[Case]:
    """The prompts of one file, told apart by its name's ending and its columns."""
    if path.suffix == ".jsonl":
        rows = json_records(path, SETTING, {"prompt": str, "harmful": bool})
        return [Case(r.values["prompt"], r.values["harmful"], path.name) for r in rows]
    if path.suffix != ".csv":
        raise ConfigError(
            f"{SETTING}: {path}: expected .jsonl, or the .csv of XSTest or HarmBench."
        )
    first = read_text(path, SETTING).split("\n", 1)[0]
    columns = {name.strip() for name in first.split(",")}
    if {"prompt", "label"} <= columns:
        return _xstest(path)
    if {"Behavior", "ContextString"} <= columns:
        return _harmbench(path)
    raise ConfigError(
        f"{SETTING}: {path}: neither XSTest's columns (prompt, label) nor HarmBench's (Behavior,"
        f" ContextString); it has {first.strip()}."
    )


def _xstest(path: Path) -> list[Case]:
    found, faults = [], []
    for row in csv_records(path, SETTING, ("prompt", "label")):
        label = row.values["label"]
        if label not in ("safe", "unsafe"):
            faults.append(f"{row.place}: label {label!r}; expected safe or unsafe.")
        found.append(Case(row.values["prompt"], label == "unsafe", "XSTest"))
    if faults:
        raise DataError(faults)
    return found


def _harmbench(path: Path) -> list[Case]:
    rows = csv_records(path, SETTING, ("Behavior", "ContextString"))
    texts = [(row.values["ContextString"], row.values["Behavior"]) for row in rows]
    return [
        Case(f"{context}\n\n---\n\n{behavior}" if context else behavior, True, "HarmBench")
        for context, behavior in texts
    ]
