"""Whether a verdict is made of what the plan froze: the same rules, arms and items.

`plan.json` is written before a test item is seen. Rules that were changed since, an arm whose
answers are gone, edited answers, or answers to other items would make another verdict than the
planned one, and nothing in it would say so. What the answers were stands in `run.json`, by hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from whet.config import Config
from whet.errors import RunError
from whet.evals.plan import items_digest
from whet.rundir import RunDir
from whet.stages.samples import Sample

NOT_DECIDING = {"metrics"}
"""Under `eval`: what is reported besides may grow after the fact."""


def rules_of(config: Config) -> dict[str, Any]:
    """The settings that decide, as `plan.json` keeps them."""
    return {
        "eval": config.eval.model_dump(mode="json", exclude=NOT_DECIDING),
        "gates": config.gates.model_dump(mode="json"),
    }


def check_rules(run: RunDir, config: Config, plan: Mapping[str, Any]) -> None:
    """Nothing, where the run's configuration decides as its plan does.

    Settings that the plan does not know, of a newer whet, are passed over.

    Raises:
        RunError: a rule has changed; each is named.
    """
    changed = _changed(_frozen(plan), rules_of(config))
    if changed:
        raise RunError(
            f"{run.config}: the plan was frozen before the test items were seen, and this has"
            f" changed since: {'; '.join(changed)}. Put it back, or start a new run."
        )


def check_answers(
    run: RunDir, plan: Mapping[str, Any], samples: Mapping[str, Sequence[Sample]]
) -> None:
    """Nothing, where every planned arm answered the planned items, all in one order.

    Raises:
        RunError: answers of an arm are missing, or are to other items.
    """
    planned = [row["name"] for row in plan["arms_asked"]]
    missing = [name for name in planned if name not in samples]
    if missing:
        raise RunError(
            f"{run.path}: the answers of {', '.join(missing)} are gone from samples/, and the plan"
            " names them: without them the verdict would be another. Put them back, or start a new"
            " run."
        )
    first = [sample.id for sample in samples[planned[0]]] if planned else []
    strange = [name for name in planned if [row.id for row in samples[name]] != first]
    # A row that is there twice is one item: it is averaged, and changes no pair.
    digests = items_digest(first), items_digest(list(dict.fromkeys(first)))
    if "test_items" in plan and plan["test_items"] not in digests:
        strange = planned
    if strange:
        raise RunError(
            f"{run.path}: samples/ of {', '.join(strange)} are not the answers to the items of"
            " plan.json, in one order: pairs would be of different items. Put them back, or start"
            " a new run."
        )


def answers_digests(run: RunDir, arms: Sequence[str], split: str) -> dict[str, str]:
    """The hash of each file of answers, and of what they answer, by its name in the run."""
    files = [*(run.samples(arm, split) for arm in arms), run.file(f"items/{split}.json")]
    return {
        str(path.relative_to(run.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def check_unedited(run: RunDir) -> None:
    """Nothing, where the answers are those that the run made. Older runs keep no hashes.

    Raises:
        RunError: a file of answers, or the items that they answer, is another or gone.
    """
    kept: Mapping[str, str] = run.record().get("answers", {})
    changed = [
        name
        for name, digest in sorted(kept.items())
        if not run.file(name).is_file()
        or hashlib.sha256(run.file(name).read_bytes()).hexdigest() != digest
    ]
    if changed:
        raise RunError(
            f"{run.path}: {', '.join(changed)}: not as the run wrote it, by the hash in run.json."
            " A verdict on edited answers would be of nobody's answers. Put it back, or start a"
            " new run."
        )


def _frozen(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The rules that a plan holds; older plans hold fewer."""
    if "rules" in plan:
        return dict(plan["rules"])
    old = {"eval": {key: plan[key] for key in ("primary", "margin") if key in plan}}
    return old | {"gates": plan.get("gates", {})}


def _changed(before: Mapping[str, Any], now: Mapping[str, Any], where: str = "") -> list[str]:
    """The settings of `before` that are others now, by their dotted names."""
    found = []
    for key, value in before.items():
        name, other = f"{where}{key}", now.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            found += _changed(value, other, f"{name}.")
        elif value != other:
            found.append(f"{name} was {value!r} and is {other!r}")
    return found
