"""`whet review --data` as a user has it: the ranking, losses, the command line."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from whet.cli.main import main
from whet.data import read
from whet.errors import ConfigError, DataError
from whet.reviewing.comparing.people import people
from whet.reviewing.rows.decisions import REVIEW, assignment
from whet.reviewing.server.raters import digest_of
from whet.reviewing.store import open_history, read_history
from whet.verbs.review_data import list_rows, open_rows, prepare_rows
from whet.verbs.review_export import export_rows


@pytest.fixture
def files(tmp_path: Path) -> Path:
    rows = [
        {"question": f"Where is room {n}?", "answer": f"Room {n} is on floor {n % 7}."}
        for n in range(40)
    ]
    rows[6]["answer"] = "Go away, you idiot."
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_ranking_is_printed_worst_first_with_reasons(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["review", "--data", str(files / "train.jsonl"), "--list", "--fast"])

    said = capsys.readouterr().out
    assert status == 0
    assert said.index("train.jsonl:7") < said.index("insults") < said.index("Go away")
    assert "... and 20 more rows" in said


def test_the_ranking_as_json_holds_every_row_once_where_all_are_asked_for(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(files / "train.jsonl")
    main(["review", "--data", path, "--list", "--first", "0", "--fast", "--json"])

    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["num_rows"] == len(found["rows"]) == 40
    assert [row["rank"] for row in found["rows"]] == list(range(1, 41))
    assert found["rows"][0]["source"].endswith("train.jsonl:7")
    assert {reason["sign"] for reason in found["rows"][0]["reasons"]} >= {"voice"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--list", "--export", "x"], "not both"),
        (["--first", "3"], "goes with --list"),
        (["--arms", "a,b"], "--arms goes with a run's answers"),
        (["--each", "3", "--raters", "2"], "there are 2 raters"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    files: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(files / "train.jsonl")
    assert main(["review", "--data", path, "--fast", *words]) == 2
    assert said in capsys.readouterr().err


def test_options_of_rows_are_refused_without_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "runs/001", "--list"]) == 2
    assert "goes with --data" in capsys.readouterr().err


def test_an_export_without_any_decision_says_so(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    assert main(["review", "--data", "train.jsonl", "--export", "out"]) == 2
    assert "whet review" in capsys.readouterr().err
    assert not (files / "out").exists()


def test_broken_rows_are_told_and_the_others_shown(files: Path) -> None:
    with (files / "train.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"question": "Where?", "answer": ""}\n')

    rows = prepare_rows(["train.jsonl"], root=files, by_meaning=False)

    assert len(list_rows(rows, None).rows) == 40
    assert "1 rows cannot be read" in rows.notes[0]


def test_test_rows_are_not_shown(files: Path) -> None:
    held = json.dumps({"question": "Where is the lift?", "answer": "Here."})
    (files / "test.jsonl").write_text(held + "\n", encoding="utf-8")

    rows = prepare_rows(["train.jsonl", "test.jsonl"], root=files, by_meaning=False)

    assert not any("lift" in row.question for row in list_rows(rows, None).rows)


@pytest.mark.slow
def test_losses_of_the_project_s_own_model_are_evidence(make_project: Any) -> None:
    pytest.importorskip("torch")
    project = make_project()
    path = project / "data" / "rows.jsonl"
    lines = path.read_text("utf-8").splitlines()
    odd = range(0, 90, 30)
    for number in odd:
        lines[number] = json.dumps({**json.loads(lines[number]), "output": "Qz#x"})
    path.write_text("\n".join(lines) + "\n", "utf-8")

    rows = prepare_rows(config=project / "whet.yaml", by_meaning=False, losses="base")

    found = {s.row.source: s for s in rows.ranking.suspects if s.row.answer == "Qz#x"}
    assert found
    for suspect in found.values():
        assert "loss" in {sign.value for sign in suspect.signs}


def test_losses_of_a_run_that_is_none_are_refused(files: Path) -> None:
    with pytest.raises((ConfigError, DataError, RuntimeError), match="nowhere"):
        prepare_rows(["train.jsonl"], root=files, by_meaning=False, losses="nowhere")


def test_a_start_that_fails_gives_nobody_a_link_that_nobody_has_seen(
    files: Path, loopback: None
) -> None:
    pytest.importorskip("fastapi")
    rows = prepare_rows(["train.jsonl"], root=files, by_meaning=False)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="in use"),
    ):
        open_rows(rows, port=taken.getsockname()[1])

    review = open_rows(rows, port=0)
    try:
        assert list(review.links) == ["rater-1"]
    finally:
        review._sock.close()
        review._history.close()


def test_a_lost_link_is_replaced_and_the_old_one_is_dead(
    files: Path, loopback: None, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    pytest.importorskip("fastapi")
    monkeypatch.chdir(files)
    review = open_rows(prepare_rows(["train.jsonl"], by_meaning=False), port=0)
    old = review.links["rater-1"].rpartition("/")[2]
    review._sock.close()
    review._history.close()

    assert main(["review", "--data", "train.jsonl", "link", "rater-1"]) == 0

    new = capsys.readouterr().out.partition("/enter/")[2].split()[0]
    history = read_history(files / "train-review", REVIEW)
    digests = [person.digest for person in people(history.raters()).values()]
    history.close()
    assert digests == [digest_of(new)] != [digest_of(old)]


def test_the_export_of_a_project_leaves_every_row_on_its_side(
    make_project: Any, tmp_path: Path
) -> None:
    """The split that `whet run` makes is the one that is written."""
    project = make_project()
    config = project / "whet.yaml"
    before = prepare_rows(config=config, by_meaning=False)
    dropped = before.ranking.suspects[0].row
    history = open_history(before.folder, REVIEW)
    name = assignment(before.keys[id(dropped)], "rater-1")
    history.add(
        id="1", assignment=name, version=1, rater="rater-1", kind="vote",
        body={"choice": "drop"}, seconds=None,
    )  # fmt: skip
    history.close()

    found = export_rows(config=config, out=tmp_path / "out")

    assert before.folder == (project / "reviews" / "rows").resolve()
    sides = {side: [row.id for row in part] for side, part in before.dataset.splits.items()}
    sides["train"].remove(dropped.id)
    written = {
        side: [row.id for row in read(str(tmp_path / "out" / f"{side}.jsonl")).examples]
        for side in sides
    }
    assert written == sides
    assert found.read == sum(map(len, sides.values())) + 1
    assert found.version == survey_of(tmp_path / "out").version


def survey_of(folder: Path) -> Any:
    from whet.config import DataConfig
    from whet.data import survey

    files = {side: f"{side}.jsonl" for side in ("train", "validation", "test")}
    return survey(DataConfig.model_validate(files), root=folder)
