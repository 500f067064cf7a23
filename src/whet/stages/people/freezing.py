"""What raters will see, drawn from a run's answers, masked and frozen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from whet.config import Config
from whet.errors import ConfigError
from whet.evals.arms import ArmKind
from whet.evals.masking import mask_names
from whet.reviewing.comparing.frozen import Frozen, Item, Pair, ReviewFolder
from whet.rundir import RunDir
from whet.stages.evidence import Evidence, read_evidence
from whet.stages.samples import Sample, read_samples
from whet.types import content_id


def freeze_review(
    run: RunDir,
    *,
    arms: Sequence[str] = (),
    split: str | None = None,
    ids: Sequence[str] = (),
    **settings: int | None,
) -> ReviewFolder:
    """A new review of a run's answers.

    Args:
        run: a finished run.
        arms: compared in pairs, all of them; each candidate with each baseline by default.
        split: `test` or `validation`; the judged split by default.
        ids: the items that are shown; drawn where none is named.
        settings: `raters` and `items` that go over those of the configuration.

    Raises:
        ConfigError: an arm or an item that the run does not have, or no pair to compare.
        RunError: the run did not get as far as answers.
    """
    evidence = read_evidence(run)
    asked = {key: value for key, value in settings.items() if value is not None}
    config = evidence.config.review.model_copy(update=asked)
    split = split or evidence.split
    pairs = _pairs(evidence, arms)
    answers = _answers(run, evidence, split, pairs)
    names = _names(evidence.config, [arm for pair in pairs for arm in (pair.a, pair.b)])
    judged = next(iter(answers.values()))
    drawn = _named(judged, ids, split) if ids else _draw(judged, config.items)
    frozen = Frozen(
        run=run.path.name,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        split=split,
        pairs=tuple(pairs),
        items=tuple(_item(n, answers, names) for n in drawn),
        num_judged=len({sample.id for sample in judged}),
        raters=config.raters,
        votes_per_item=min(config.votes_per_item or config.raters, config.raters),
        repeats=config.repeats,
        instructions=config.instructions,
        criteria=config.criteria,
        tags=config.tags,
        show_gold=config.show_gold,
    )
    return ReviewFolder.create(run.path, frozen)


def _pairs(evidence: Evidence, arms: Sequence[str]) -> list[Pair]:
    """Candidates come first, so that a preference above 0 is for them."""
    known = {arm.name: arm.kind for arm in evidence.arms}
    strange = [name for name in arms if name not in known]
    if strange:
        raise ConfigError(f"--arms: no arm {', '.join(strange)}. There are: {', '.join(known)}.")
    order = {ArmKind.CANDIDATE: 0, ArmKind.BASELINE: 1, ArmKind.CONTROL: 2}
    if arms:
        named = sorted(dict.fromkeys(arms), key=lambda name: (order[known[name]], arms.index(name)))
        found = [Pair(a, b) for n, a in enumerate(named) for b in named[n + 1 :]]
    else:
        found = [
            Pair(a, b)
            for a, kind in known.items()
            for b, other in known.items()
            if kind is ArmKind.CANDIDATE and other is ArmKind.BASELINE
        ]
    if not found:
        raise ConfigError(f"--arms: name two arms to compare. There are: {', '.join(known)}.")
    return found


def _answers(
    run: RunDir, evidence: Evidence, split: str, pairs: Sequence[Pair]
) -> dict[str, list[Sample]]:
    names = list(dict.fromkeys(arm for pair in pairs for arm in (pair.a, pair.b)))
    if split == evidence.split:
        return {name: list(evidence.samples[name]) for name in names}
    missing = [name for name in names if not run.samples(name, split).is_file()]
    if missing:
        raise ConfigError(f"--split {split}: the run has no answers of {', '.join(missing)} there.")
    return {name: read_samples(run, name, split) for name in names}


def _names(config: Config, arms: Sequence[str]) -> list[str]:
    """Names that would give an arm away: of arms, models, adapters and endpoints' models."""
    found = [config.model, *arms]
    for setting in config.arms.values():
        found += [name for name in (setting.model, setting.adapter) if name]
    return found


def _named(items: Sequence[Sample], ids: Sequence[str], split: str) -> list[int]:
    """Places of the named items."""
    places = {item.id: n for n, item in reversed(list(enumerate(items)))}
    strange = [one for one in ids if one not in places]
    if strange:
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        raise ConfigError(
            f"--items: the run answered no item {', '.join(strange[:3])}{more} of its {split}"
            " items. Name items by their ids, as samples/*.jsonl has them."
        )
    return sorted({places[one] for one in ids})


def _draw(items: Sequence[Sample], most: int) -> list[int]:
    """Places of the drawn items: the same items for the same ids, whatever their order.

    Rows of one id are one item.
    """
    places = {item.id: n for n, item in reversed(list(enumerate(items)))}
    ranked = sorted(places, key=lambda found: content_id(["review", found]))
    return sorted(places[found] for found in ranked[:most])


def _item(place: int, answers: Mapping[str, Sequence[Sample]], names: Sequence[str]) -> Item:
    rows = {arm: samples[place] for arm, samples in answers.items()}
    first = next(iter(rows.values()))
    masked = {arm: mask_names(row.answer, names).text for arm, row in rows.items()}
    turns = [turn for turn in first.example.prompt if turn["role"] != "system"]
    return Item(
        id=first.id,
        conversation=tuple((turn["role"], turn["content"]) for turn in turns),
        gold=first.gold,
        answers=masked,
        criteria=first.criteria,
        raw={arm: row.answer for arm, row in rows.items() if row.answer != masked[arm]},
        group=first.group,
    )
