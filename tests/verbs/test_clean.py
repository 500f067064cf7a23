"""`whet clean`, from files to the folder that the other verbs read."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whet
from whet.config import DataConfig
from whet.data import survey
from whet.data.repairs import Repair
from whet.errors import ConfigError, DataError
from whet.rundir import read_json, read_jsonl
from whet.verbs import clean as verb

EVERY = [name.value for name in Repair if name is not Repair.LEAKS_TEST]


def write(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def numbered(*numbers: int, **more: Any) -> list[Any]:
    return [{"input": f"question {n}", "output": f"answer {n}", **more} for n in numbers]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def again(folder: Path) -> DataConfig:
    names = ("train", "validation", "test")
    return DataConfig(**{n: (f"{n}.jsonl",) for n in names if (folder / f"{n}.jsonl").exists()})  # type: ignore[arg-type]


def test_clean_without_repairs_keeps_every_row_and_the_version(tmp_path: Path) -> None:
    rows = numbered(*range(60), system="Be brief.", group="g", note=None, n=1.5)
    write(tmp_path / "data" / "a.jsonl", rows)
    split = {"validation": 0.2, "test": 0.3, "group_by": "input"}
    config = whet.Config(model="whet-nano", data=DataConfig(train=("data/a.jsonl",), split=split))  # type: ignore[arg-type]
    made = whet.clean(config=config, root=tmp_path)
    assert made.folder == tmp_path / "data" / "clean"
    before = survey(config.data, root=tmp_path)
    assert made.version == before.version
    assert survey(again(made.folder), root=made.folder).version == made.version
    row = read_jsonl(made.folder / "train.jsonl")[0]
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert row["fields"]["n"] == 1.5 and row["group"] == row["fields"]["input"]
    ledger = read_json(made.folder / "ledger.json")
    assert ledger["read"] == 60 == sum(len(places) for places in ledger["origins"].values())
    assert ledger["origins"]["test"] == [row.source for row in before.test]


def test_the_manifest_names_sources_settings_versions_and_counts(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [*numbered(1, 1, 2), "{oops"])
    made = whet.clean(["a.jsonl"], repair=["broken", "duplicates"], root=tmp_path)
    manifest = read_json(made.folder / "manifest.json")
    (source,) = manifest["sources"]
    assert (source["file"], len(source["sha256"])) == ("a.jsonl", 64)
    assert manifest["settings"]["repair"] == ["broken", "duplicates"]
    assert manifest["counts"]["dropped"] == {"broken": 1, "duplicate": 1}
    assert manifest["rows"] == {"train": 2, "validation": 0, "test": 0}
    assert manifest["version"] == made.version
    assert str(tmp_path) not in (made.folder / "manifest.json").read_text()


def test_cleaning_twice_gives_the_same_bytes_and_what_is_clean_stays(tmp_path: Path) -> None:
    rows = [*numbered(*range(30)), *numbered(3, 4), {"input": " a ", "output": "joe@real.org"}]
    write(tmp_path / "a.jsonl", [*rows, "{oops"])
    settings = {"repair": EVERY, "overrides": ["data.split.test=0.3"], "root": tmp_path}
    first = whet.clean(["a.jsonl"], out=tmp_path / "out", **settings)  # type: ignore[arg-type]
    before = contents(first.folder)
    whet.clean(["a.jsonl"], out=tmp_path / "out", **settings)  # type: ignore[arg-type]
    assert contents(first.folder) == before
    shutil.move(tmp_path, moved := tmp_path.with_name(f"{tmp_path.name}-moved"))
    whet.clean(["a.jsonl"], out=moved / "out", **{**settings, "root": moved})  # type: ignore[arg-type]
    assert contents(moved / "out") == before
    third = whet.clean([moved / "out" / "train.jsonl"], repair=EVERY, out=moved / "third")
    assert (third.folder / "train.jsonl").read_bytes() == before["train.jsonl"]
    assert third.offers == [] and third.dropped == {} and third.changed == {}


def test_nothing_is_written_while_a_fault_is_left_and_the_repairs_are_offered(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.jsonl", [*numbered(1, 2), {"input": " x ", "output": "y"}, "{oops"])
    write(tmp_path / "t.jsonl", numbered(2, 3))
    options = {"overrides": ["data.test=t.jsonl"], "root": tmp_path}
    with pytest.raises(DataError) as caught:
        whet.clean(["a.jsonl"], **options)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "a.jsonl:4: invalid JSON at column 2: expecting property name enclosed in double quotes, "
        "at 'oops'. Mend or remove the row.\n"
        "t.jsonl:1: the same input as the training row a.jsonl:2. Remove them from one side, or "
        "set data.on_leak: drop_train (keeps the held-out rows) or drop_test (drops the held-out "
        "rows).\nNothing was written. Repairs to ask for:\n"
        "  --repair broken: 1 row (set aside in broken.jsonl, as they stand in their file)\n"
        "  --repair whitespace: 1 row (white space at the ends of turns removed)\n"
        "  --repair leaks_train: 1 row (dropped from the side that is less held out)\n"
        "  --repair leaks_test: 1 row (dropped from the side that is more held out)"
    )
    assert not (tmp_path / "a-clean").exists()
    made = whet.clean(["a.jsonl"], repair=["broken", "leaks_test"], **options)  # type: ignore[arg-type]
    assert made.rows == {"train": 3, "validation": 0, "test": 1}
    assert made.dropped == {"broken": 1, "leak": 1}
    assert [offer.repair for offer in made.offers] == ["whitespace"]


def test_masked_rows_that_become_equal_are_leaks_too(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [{"input": "I am joe@real.org", "output": "a"}, *numbered(1)])
    write(tmp_path / "t.jsonl", [{"input": "I am ann@real.org", "output": "a"}])
    with pytest.raises(DataError, match=r"the same input as the training row a.jsonl:1"):
        whet.clean(["a.jsonl"], repair=["personal_data"], overrides=["data.test=t.jsonl"],
                   root=tmp_path)  # fmt: skip


BROKEN = {
    "a.jsonl": (b'{"input": "q", "output": "a"}\n{"input": "cut\n', b'{"input": "cut'),
    "b.jsonl": (b'{"input": "q", "output": "a"}\r\n{"input": "q"}\r\n', b'{"input": "q"}'),
    "c.jsonl": (b'{"input": "q", "output": "a"}\n{"x": "\xe9"}\n', b'{"x": "\xe9"}'),
    "d.csv": (b"input,output\nq,a\none,two,three\n", b"one,two,three"),
    "e.json": (b'[{"input": "q", "output": "a"},\n {"input": "r"}]', b'{"input": "r"}'),
    "f.jsonl.gz": (gzip.compress(b'{"input": "q", "output": "a"}\n[1]\n'), b"[1]"),
    "g.jsonl": (b'{"input": "q", "output": "a"}\r{"in', b'{"in'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_set_aside_as_it_stands_with_place_and_reasons(
    tmp_path: Path, name: str
) -> None:
    import base64

    data, raw = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    made = whet.clean([name], repair=["broken"], root=tmp_path)
    (row,) = read_jsonl(made.folder / "broken.jsonl")
    kept = row["raw"].encode() if "raw" in row else base64.b64decode(row["raw_base64"])
    assert kept == raw
    assert row["file"] == name and row["line"] in (2, 3)
    assert row["reasons"] and all(row["reasons"])
    assert read_json(made.folder / "ledger.json")["dropped"] == {"broken": 1}


def test_faults_that_are_not_of_one_row_are_not_set_aside(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"input": "q", "output": "a"}\n')[:-9])
    with pytest.raises(DataError, match=r"the .gz is damaged"):
        whet.clean(["a.jsonl.gz"], repair=["broken"], root=tmp_path)


def test_a_split_without_a_row_left_is_refused_with_the_reasons(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", numbered(1, 2))
    write(tmp_path / "t.jsonl", ["{oops"])
    with pytest.raises(DataError) as caught:
        whet.clean(["a.jsonl"], repair=["broken"], overrides=["data.test=t.jsonl"], root=tmp_path)
    assert str(caught.value) == (
        "test: no row is left; 3 read, dropped (1 broken). Nothing was written. Name other files "
        "or fewer repairs."
    )
    assert not (tmp_path / "a-clean").exists()


def test_a_split_that_fails_for_its_own_reasons_is_told_although_rows_were_set_aside(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.jsonl", [*numbered(*range(9), when="soon"), "{oops"])
    with pytest.raises(DataError, match=r"a.jsonl:1: when: 'soon' is no time"):
        whet.clean(["a.jsonl"], repair=["broken"], root=tmp_path,
                   overrides=["data.split.test=0.2", "data.split.time_by=when"])  # fmt: skip


def test_new_rows_leave_every_old_one_where_it_was(tmp_path: Path) -> None:
    def made(rows: list[Any], **split: object) -> dict[str, set[str]]:
        write(tmp_path / "a.jsonl", rows)
        overrides = [f"data.split.{key}={value}" for key, value in split.items()]
        folder = whet.clean(["a.jsonl"], overrides=overrides, root=tmp_path).folder
        names = ("train", "validation", "test")
        return {
            name: {row["fields"]["input"] for row in read_jsonl(folder / f"{name}.jsonl")}
            for name in names
        }

    rows = [{**row, "day": n} for n, row in enumerate(numbered(*range(40)))]
    rule: dict[str, object] = {"test": 0.3, "validation": 0.2, "time_by": "day"}
    before = made(rows[:20], **rule)
    after = made([*rows[30:], *rows[:20]], **rule)
    assert all(before[name] <= after[name] for name in before)
    assert {row["input"] for row in rows[30:]} <= after["test"]
    manifest = read_json(tmp_path / "a-clean" / "manifest.json")
    assert manifest["split"]["boundaries"] == {"test": "14", "validation": "10"}
    stratified: dict[str, object] = {"test": 0.3, "validation": 0.2, "stratify": "answer"}
    before = made(rows[:20], **stratified)
    after = made(rows[::-1], **stratified)
    assert all(before[name] <= after[name] for name in before)


def test_another_rule_of_splitting_draws_anew_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", numbered(*range(40)))
    first = whet.clean(["a.jsonl"], overrides=["data.split.test=0.3"], root=tmp_path)
    second = whet.clean(["a.jsonl"], overrides=["data.split.test=0.5"], root=tmp_path)
    assert first.rows != second.rows
    assert "data.split was changed: the split was drawn anew." in second.notes


def test_clusters_of_near_duplicates_share_a_side_and_new_twins_of_test_rows_are_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NEAR", "LINKED"):
        monkeypatch.setattr(verb, name, lambda rows: [int(r.question.split()[1]) for r in rows])
    old = [{"input": f"question {n} {word}", "output": "a"} for n in range(20) for word in "ab"]
    write(tmp_path / "a.jsonl", old)
    options = {"overrides": ["data.split.test=0.4"], "root": tmp_path}
    first = whet.clean(["a.jsonl"], **options).folder  # type: ignore[arg-type]
    tested = {row["fields"]["input"].split()[1] for row in read_jsonl(first / "test.jsonl")}
    assert 0 < len(tested) < 20
    new = [{"input": f"question {n} c", "output": "a"} for n in range(20)]
    write(tmp_path / "a.jsonl", [*new, *old])
    made = whet.clean(["a.jsonl"], **options)  # type: ignore[arg-type]
    assert {
        r["fields"]["input"].split()[1] for r in read_jsonl(made.folder / "test.jsonl")
    } == tested
    assert made.rows["test"] == 3 * len(tested)
    assert [str(offer) for offer in made.offers] == [
        f"--repair near_duplicates: {2 * (20 - len(tested))} rows "
        "(dropped: nearly an earlier row, with the same answer)"
    ]


def test_a_source_that_changes_while_it_is_read_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.jsonl", numbered(1, 2))

    def changing(*arguments: Any, **options: Any) -> Any:
        made = survey(*arguments, **options)
        write(path, numbered(1, 2, 3))
        return made

    monkeypatch.setattr(verb, "survey", changing)
    with pytest.raises(DataError, match=r"a.jsonl: was changed while it was read. Run it again."):
        whet.clean(["a.jsonl"], root=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repair": ["spelling"]}, "'spelling' is none of broken, secrets"),
        ({"repair": ["leaks_train", "leaks_test"]}, "name one of them"),
        ({"overrides": ["data.split.tset=1"]}, r"split.tset: unknown key. Did you mean `test`"),
        (
            {"overrides": ["data.split.test=0.1", "data.split.time_by=a", "data.split.stratify=b"]},
            "two rules for one split",
        ),
        ({"overrides": ["data.split.stratify=b"]}, "`stratify` needs a share"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    write(tmp_path / "a.jsonl", numbered(1))
    with pytest.raises(ConfigError, match=message):
        whet.clean(["a.jsonl"], root=tmp_path, **options)


LONG = [{"input": "word " * 60, "output": "yes"}, *numbered(1, 2)]


def test_every_token_is_accounted_for_whatever_is_done_with_long_rows(tmp_path: Path) -> None:
    rows = [*LONG, *numbered(2), {"input": "  mail joe@real.org  ", "output": "yes"}]
    write(tmp_path / "a.jsonl", rows)
    repairs = ["duplicates", "whitespace", "personal_data"]
    options: dict[str, Any] = {"repair": repairs, "root": tmp_path, "tokens": True}
    whole = whet.clean(["a.jsonl"], **options).tokens
    assert whole is not None
    with pytest.raises(DataError) as caught:
        whet.clean(["a.jsonl"], overrides=["train.max_length=40"], **options)
    assert "data.on_too_long: drop (1 rows go), truncate_left or truncate_right (1 prompts" in str(
        caught.value
    )
    short = ["train.max_length=40", "data.on_too_long=drop"]
    dropped = whet.clean(["a.jsonl"], overrides=short, **options)
    assert dropped.dropped == {"duplicate": 1, "too_long": 1}
    short = ["train.max_length=40", "data.on_too_long=truncate_left"]
    cut = whet.clean(["a.jsonl"], overrides=short, **options)
    assert cut.dropped == {"duplicate": 1} and cut.rows["train"] == 4
    for tokens in (whole, dropped.tokens, cut.tokens):
        assert tokens is not None
        assert tokens["read"] == whole["read"] == (
            sum(tokens["kept"].values()) + sum(tokens["dropped"].values())
            + tokens["cut"] + tokens["repaired"]
        )  # fmt: skip
    assert cut.tokens is not None and cut.tokens["cut"] > 0 and cut.tokens["repaired"] != 0
    assert read_json(cut.folder / "ledger.json")["truncated"] == ["a.jsonl:1"]


PIECE = st.sampled_from(
    ['{"input": "a", "output": "b"}', '{"input": "A ", "output": "b"}', "{oops", "[]", "",
     '{"input": "joe@real.org", "output": "sk-abc9def8ghi7jkl6mno5"}',
     '{"input": "c", "output": ""}', '{"input": "d", "output": "e", "n": 1e3}']
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECE, min_size=1, max_size=8), st.lists(PIECE, max_size=4), st.sets(
    st.sampled_from(EVERY)))  # fmt: skip
def test_any_files_and_repairs_end_in_a_whole_folder_or_in_one_message(
    tmp_path_factory: pytest.TempPathFactory,
    train: list[str], test: list[str], repairs: set[str],
) -> None:  # fmt: skip
    root = tmp_path_factory.mktemp("any")
    write(root / "a.jsonl", [*train])
    overrides = []
    if test:
        write(root / "t.jsonl", [*test])
        overrides = ["data.test=t.jsonl"]
    try:
        made = whet.clean(["a.jsonl"], repair=sorted(repairs), overrides=overrides, root=root)
    except DataError:
        assert not (root / "a-clean").exists()
        return
    num_rows = sum(bool(line) for line in (*train, *test))
    assert made.read == num_rows == sum(made.rows.values()) + sum(made.dropped.values())
    assert not {offer.repair for offer in made.offers} & repairs
    assert survey(again(made.folder), root=made.folder).version == made.version


def test_rows_that_name_their_split_are_written_to_it(tmp_path: Path) -> None:
    names = ("train", "val", "test", "train")
    rows = [row | {"split": name} for row, name in zip(numbered(*range(4)), names, strict=True)]
    made = whet.clean([write(tmp_path / "all.jsonl", rows)], out=tmp_path / "out", root=tmp_path)
    assert made.rows == {"train": 2, "validation": 1, "test": 1}
    assert any("divided by the column 'split'" in finding.message for finding in made.findings)
    assert read_jsonl(tmp_path / "out" / "test.jsonl")[0]["fields"]["split"] == "test"
