"""`whet init` in the words of a user's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

import whet
from whet.errors import ConfigError, DataError, RunError, WhetError

ROWS = "foo,bar,n\n" + "".join(f"question {i} of mine,answer {i},{i}\n" for i in range(60))


def test_columns_that_nobody_can_guess_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "weird.csv"
    file.write_text(ROWS)
    with pytest.raises(DataError, match="--columns input=COLUMN,output=COLUMN"):
        whet.init(tmp_path / "project", data=file)
    assert not (tmp_path / "project").exists()
    whet.init(tmp_path / "project", data=file, columns={"input": "foo", "output": "bar"})
    found = whet.check(config=tmp_path / "project" / "whet.yaml")
    assert found.passed


def test_what_an_init_would_not_use_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    (tmp_path / "empty").mkdir()
    names = {"input": "foo", "output": "bar"}
    for change, says in (
        ({"example": "ticket-lines", "model": "other"}, "an example has its own model"),
        ({"columns": names}, "what the columns of --data"),
        ({"data": file, "columns": names, "model": "./nowhere"}, "no such folder"),
        ({"data": file, "columns": names, "model": str(tmp_path / "empty")}, "no config.json"),
    ):
        with pytest.raises(ConfigError, match=says):
            whet.init(tmp_path / "project", **change)  # type: ignore[arg-type]
    assert not (tmp_path / "project").exists()


def test_an_arm_that_no_run_can_have_is_told_before_a_run_is_made(tmp_path: Path) -> None:
    whet.init(tmp_path / "project", example="ticket-lines")
    with pytest.raises(WhetError, match=r"no arm tunned\. There are: prompt, few_shot, rag, tuned"):
        whet.eval(tmp_path / "project" / "whet.yaml", arms=("prompt", "tunned"))
    assert not (tmp_path / "project" / "runs").exists()


def test_a_run_named_by_its_number_alone_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs" / "001").mkdir(parents=True)
    (tmp_path / "runs" / "001" / "run.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"001: no such run\. Did you mean runs/001\?"):
        whet.report("001")
