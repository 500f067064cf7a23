"""Benchmarks are read as they are published, and slices hang on the items alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whet.errors import ConfigError, DataError
from whet.evals.benchmarks.files import (
    SENTENCE_RULES,
    drawn,
    read_gsm8k,
    read_humaneval,
    read_ifeval,
    read_mmlu,
)


def test_a_slice_keeps_its_items_when_others_come_or_go_or_the_limit_grows() -> None:
    docs = {f"item {n}": n for n in range(300)}
    small, large = drawn(docs, 40), drawn(docs, 80)
    assert set(small) < set(large) and len(large) == 80
    fewer = {name: n for name, n in docs.items() if n % 3}
    assert set(small) & set(fewer) <= set(drawn(fewer, 40))
    assert drawn(dict(reversed(docs.items())), 40) == small[::-1]
    assert drawn(docs, 1000) == list(docs)


def test_the_published_files_are_whole(eval_files: Path) -> None:
    mmlu = read_mmlu(eval_files / "mmlu", 100_000)
    assert len(mmlu.parts) == 57 and mmlu.num_asked == mmlu.num_items > 13_900
    assert all(len(part.shots) == 5 for part in mmlu.parts.values())
    gsm8k = read_gsm8k(eval_files / "gsm8k" / "test.jsonl", 200)
    assert (gsm8k.num_items, gsm8k.num_asked) == (1319, 200)
    assert len(gsm8k.parts["gsm8k"].shots) == 7473
    assert read_humaneval(eval_files / "humaneval" / "HumanEval.jsonl.gz", 999).num_asked == 164


def test_ifeval_leaves_out_what_cannot_be_checked_here_and_says_so(eval_files: Path) -> None:
    file = eval_files / "ifeval" / "input_data.jsonl"
    without = read_ifeval(file, 1000, has_sentences=False)
    assert (without.num_items, without.num_asked) == (541, 477)
    assert "64 of 541" in without.notes[0]
    asked = {i for d in without.parts["ifeval"].docs.values() for i in d["instruction_id_list"]}
    assert not asked & set(SENTENCE_RULES)
    whole = read_ifeval(file, 1000, has_sentences=True)
    assert whole.num_asked == 541 and not whole.notes


def test_mmlu_without_a_header_and_with_letters_is_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "test").mkdir(parents=True)
    header = "question,choice0,choice1,choice2,choice3,answer\n"
    (tmp_path / "a" / "test" / "x_test.csv").write_text(header + '"1, or 2?",a,b,c,d,2\n')
    (tmp_path / "b" / "test" / "x_test.csv").write_text('"1, or 2?",a,b,c,d,C\n')
    first, second = (read_mmlu(tmp_path / name, 9).parts["x"].docs for name in ("a", "b"))
    assert first == second and len(first) == 1


def test_a_wrong_folder_a_wrong_file_and_a_wrong_row_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gates.ability.mmlu: .*no test/SUBJECT_test.csv"):
        read_mmlu(tmp_path, 9)
    with pytest.raises(ConfigError, match=r"gates.ability.gsm8k: .*No such file"):
        read_gsm8k(tmp_path / "none.jsonl", 9)
    file = tmp_path / "test.jsonl"
    file.write_text(json.dumps({"question": "q"}) + "\n{\n")
    with pytest.raises(DataError, match=r"test.jsonl:1: expected .*answer") as seen:
        read_gsm8k(file, 9)
    assert len(seen.value.faults) == 2
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "x_test.csv").write_text("q,a,b,c,d,E\n")
    with pytest.raises(DataError, match="expected A to D"):
        read_mmlu(tmp_path, 9)


def test_more_worked_examples_than_there_are_is_a_mistake(tmp_path: Path) -> None:
    pytest.importorskip("lm_eval")
    from whet.evals.benchmarks.tasks import tasks

    file = tmp_path / "test.jsonl"
    file.write_text(json.dumps({"question": "q", "answer": "#### 1"}) + "\n")
    with pytest.raises(ConfigError, match=r"train.jsonl beside the test file"):
        tasks(read_gsm8k(file, 9))
    assert list(tasks(read_gsm8k(file, 9), shots=0)) == ["gsm8k"]
