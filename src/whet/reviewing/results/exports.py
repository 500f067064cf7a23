"""Votes for other programs: JSONL, CSV, labels for a judge, preference pairs, and their origin."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from whet.reviewing.comparing.frozen import Frozen, Item, Pair
from whet.reviewing.results.casts import Cast
from whet.reviewing.results.tally import is_identical, values_of
from whet.reviewing.server.raters import Role
from whet.rundir import write_json, write_jsonl, write_text

FORMAT = 1
COLUMNS = (
    "item", "a", "b", "rater", "role", "repeat", "choice", "preference", "quality", "ratings",
    "reason", "tags", "gold", "left", "seconds", "at", "version",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def export_all(
    folder: Path, frozen: Frozen, cast: Sequence[Cast], provenance: Mapping[str, Any]
) -> list[Path]:
    """Writes every form into a folder and returns the files."""
    rows = [vote_row(one) for one in cast]
    folder.mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / "votes.jsonl", rows)
    write_text(folder / "votes.csv", as_csv(rows))
    write_jsonl(folder / "labels.jsonl", list(judge_labels(cast)))
    write_jsonl(folder / "pairs.jsonl", list(preference_pairs(frozen, cast)))
    write_json(folder / "provenance.json", {"format": FORMAT, **provenance})
    names = ("votes.jsonl", "votes.csv", "labels.jsonl", "pairs.jsonl", "provenance.json")
    return [folder / name for name in names]


def vote_row(one: Cast) -> dict[str, Any]:
    """One vote as plain values."""
    values = (
        one.item, *one.pair, one.rater, one.role.value, one.is_repeat, one.choice, one.preference,
        dict(one.quality), {arm: dict(found) for arm, found in one.ratings.items()}, one.reason,
        list(one.tags), one.gold, one.left, one.seconds, one.at, one.version,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV that no spreadsheet takes for formulas; `from_csv` reads it back exactly."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return stream.getvalue()


def from_csv(text: str) -> list[dict[str, Any]]:
    """The rows of `as_csv`."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: _value(cell) for name, cell in row.items()} for row in reader]


def _cell(value: Any) -> str:
    """JSON for all but texts; a text that could be a formula, or be read as JSON, gets a quote."""
    if not isinstance(value, str):
        shown = json.dumps(value, ensure_ascii=False)
        return f"'{shown}" if shown.startswith(FORMULA) else shown
    # Brackets are not parsed: a reason of thousands of them is no JSON, and too deep to be tried.
    is_quoted = value.startswith(FORMULA) or value.lstrip().startswith(("[", "{"))
    return f"''{value}" if is_quoted or _is_json(value) else value


def _value(cell: str) -> Any:
    if cell.startswith("''"):
        return cell[2:]
    plain = cell.removeprefix("'")
    return json.loads(plain) if _is_json(plain) else plain


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def judge_labels(cast: Sequence[Cast]) -> Iterator[dict[str, Any]]:
    """Labels that a judge is calibrated with: of pairs, and of answers called bad or good.

    One line a rater's first vote; skipped and flagged ones say nothing.
    """
    for one in cast:
        if one.is_repeat or one.sign is None:
            continue
        origin = {"rater": one.rater, "date": one.at}
        better = {1: one.pair[0], -1: one.pair[1], 0: "tie"}[one.sign]
        yield {"item": one.item, "pair": list(one.pair), "label": better, **origin}
        for arm, quality in sorted(one.quality.items()):
            yield {"item": one.item, "arm": arm, "label": quality == "good", **origin}


def preference_pairs(frozen: Frozen, cast: Sequence[Cast]) -> Iterator[dict[str, Any]]:
    """Pairs that `whet train` reads with `train.objective: dpo`.

    The preferred answer over the other where the item's value is not 0, and an answer that a person
    wrote over each answer that it was to replace, where the item was "both bad" for that person.
    """
    for pair in frozen.pairs:
        values = values_of(frozen, pair, cast)
        for item, value in zip(frozen.items, values, strict=True):
            if value and not is_identical(item, pair):
                best, worst = (pair.a, pair.b) if value > 0 else (pair.b, pair.a)
                yield _pair(item, given(item, best), given(item, worst), best, worst, value)
            yield from _written(item, pair, cast)


def _written(item: Item, pair: Pair, cast: Sequence[Cast]) -> Iterator[dict[str, Any]]:
    for one in cast:
        own = one.item == item.id and one.pair == (pair.a, pair.b) and not one.is_repeat
        if not own or not one.gold or one.choice != "both_bad":
            continue
        for arm in dict.fromkeys((pair.a, pair.b)):
            if given(item, arm).strip() not in ("", one.gold.strip()):
                yield _pair(item, one.gold, given(item, arm), one.rater, arm, 1.0)


def _pair(
    item: Item, chosen: str, rejected: str, by: str, over: str, value: float
) -> dict[str, Any]:
    return {
        "prompt": [{"role": role, "content": said} for role, said in item.conversation],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
        "item": item.id,
        "chosen_by": by,
        "rejected_by": over,
        "value": value,
    }


def given(item: Item, arm: str) -> str:
    """An answer as it was given, without the mask."""
    return item.raw.get(arm, item.answers[arm])


def origin(
    frozen: Frozen, cast: Sequence[Cast], seed: bytes, whet: str, model: Mapping[str, Any]
) -> dict[str, Any]:
    """Where the votes come from: digests, seed, pseudonyms, counts."""
    return {
        "review": frozen.digest,
        "run": frozen.run,
        "split": frozen.split,
        "created": frozen.created,
        "seed": seed.hex(),
        "arms": list(frozen.arms),
        "pairs": [[pair.a, pair.b] for pair in frozen.pairs],
        "items": len(frozen.items),
        "raters": sorted({one.rater for one in cast if one.role is Role.RATER}),
        "adjudicators": sorted({one.rater for one in cast if one.role is Role.ADJUDICATOR}),
        "votes": len(cast),
        "model": dict(model),
        "whet": whet,
    }
