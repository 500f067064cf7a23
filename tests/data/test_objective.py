"""Files of the wrong kind for `train.objective` are told, whichever kind that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.config import DataConfig
from whet.data import load, survey
from whet.errors import DataError
from whet.findings import Kind

PLAIN = {"prompt": "x", "completion": "y"}
PAIR = {"prompt": "x", "chosen": "y", "rejected": "z"}
JUDGED = {"prompt": "x", "completion": "y", "label": True}
KINDS: dict[str, dict[str, Any]] = {"sft": PLAIN, "distil": PLAIN, "dpo": PAIR, "kto": JUDGED}


def files(folder: Path, **rows: dict[str, Any]) -> DataConfig:
    for number, (name, row) in enumerate(rows.items()):
        text = json.dumps({**row, "prompt": f"What is {number} in words?"})
        (folder / f"{name}.jsonl").write_text(text + "\n")
    return DataConfig(**{name: (f"{name}.jsonl",) for name in rows})


@pytest.mark.parametrize("objective", ["sft", "distil", "dpo", "orpo", "kto"])
@pytest.mark.parametrize("kind", ["sft", "dpo", "kto"])
def test_rows_load_for_the_objectives_that_learn_from_them(
    objective: str, kind: str, tmp_path: Path
) -> None:
    data = files(tmp_path, train=KINDS[kind])
    fits = KINDS[kind] is KINDS["dpo" if objective == "orpo" else objective]
    if fits:
        (row,) = load(data, root=tmp_path, objective=objective).train
        assert bool(row.rejected) is (kind == "dpo")
        assert (row.desirable is True) is (kind == "kto")
        return
    with pytest.raises(DataError, match="objective") as caught:
        load(data, root=tmp_path, objective=objective)
    assert caught.value.faults[0].startswith("train.jsonl: holds")
    found = survey(data, root=tmp_path, objective=objective).findings
    assert [finding.kind for finding in found].count(Kind.OBJECTIVE) == 1


def test_validation_has_to_be_of_the_kind_and_test_may_be_plain(tmp_path: Path) -> None:
    data = files(tmp_path, train=PAIR, validation=PAIR, test=PLAIN)
    assert len(load(data, root=tmp_path, objective="dpo").test) == 1
    data = files(tmp_path, train=PAIR, validation=PLAIN)
    with pytest.raises(DataError, match=r"validation\.jsonl: holds plain answers"):
        load(data, root=tmp_path, objective="dpo")
