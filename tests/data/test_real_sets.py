"""Public data sets, read as they are published."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from whet.data import check, find_leaks, input_key, labels, read
from whet.data.overlap import near_duplicates
from whet.findings import Kind, Severity
from whet.types import Example

# file, columns, format, rows, lines of broken rows
SETS = [
    ("banking77/train.csv", {}, "input_output", 10003, []),
    ("banking77/test.csv", {}, "input_output", 3080, []),
    ("e2e_nlg/devset.csv", {"input": "mr", "output": "ref"}, "input_output", 4672, []),
    ("fastchat/dummy_conversation.json", {}, "messages", 500, []),
    ("llamafactory_demo/alpaca_en_demo.json", {}, "alpaca", 999, []),
    ("llamafactory_demo/alpaca_zh_demo.json", {}, "alpaca", 1000, []),
    ("llamafactory_demo/identity.json", {}, "alpaca", 91, []),
    ("llamafactory_demo/glaive_toolcall_en_demo.json", {}, "messages", 300, []),
    ("llamafactory_demo/glaive_toolcall_zh_demo.json", {}, "messages", 300, [5819, 8763]),
    ("llamafactory_demo/v1_sft_demo.jsonl", {}, "messages", 500, []),
    ("llamafactory_demo/reason_tool_use_demo_50.jsonl", {}, "messages", 50, []),
    ("llamafactory_demo/dpo_en_demo.json",
     {"prompt": "conversations", "completion": "chosen"}, "prompt_completion", 300, []),
    ("llamafactory_demo/dpo_en_demo.json", {}, "preference", 300, []),
    ("llamafactory_demo/dpo_zh_demo.json", {}, "preference", 300, []),
    ("llamafactory_demo/v1_dpo_demo.jsonl", {}, "preference", 10, []),
    ("llamafactory_demo/kto_en_demo.json", {}, "kto", 300, []),
    ("clinc150/data_full.json", {}, "input_output", 23700, []),
    ("clinc150/data_small.json", {}, "input_output", 16200, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "columns", "form", "num_rows", "broken"), SETS, ids=[s[0] for s in SETS]
)
def test_a_published_set_reads_as_it_is(
    test_data: Path, file: str, columns: dict[str, str], form: str, num_rows: int, broken: list[int]
) -> None:
    reading = read(file, columns, root=test_data / "datasets")
    assert reading.format == form
    assert reading.num_rows == num_rows
    assert [finding.line for finding in reading.errors] == broken
    assert len(reading.examples) == num_rows - len(broken)
    assert all(example.question.strip() for example in reading.examples)
    assert not [
        finding for finding in check(reading.examples) if finding.severity is Severity.ERROR
    ]


def test_banking77_has_77_labels_and_leaks_25_rows(test_data: Path) -> None:
    train, test = (
        read(f"banking77/{name}.csv", root=test_data / "datasets").examples
        for name in ("train", "test")
    )
    assert len(labels(train) or ()) == 77
    kinds = Counter(leak.kind for leak in find_leaks(train, test))
    assert kinds[Kind.LEAK_EXACT] == 25
    assert 80 <= kinds[Kind.LEAK_NEAR] <= 130
    assert train[0].fields == {"text": "I am still waiting on my card?", "category": "card_arrival"}


def test_glaive_tools_and_calls_are_in_canonical_form(test_data: Path) -> None:
    file = "llamafactory_demo/glaive_toolcall_en_demo.json"
    examples = read(file, root=test_data / "datasets").examples
    calls = [c for e in examples for m in e.messages for c in m.get("tool_calls", [])]
    assert len(calls) > 100
    assert all(isinstance(call["function"]["arguments"], dict) for call in calls)
    assert all(tool["type"] == "function" for e in examples for tool in e.tools)


def test_clinc150_keeps_the_name_of_the_list_that_a_row_is_in(test_data: Path) -> None:
    reading = read("clinc150/data_full.json", root=test_data / "datasets")
    splits = Counter(example.fields["split"] for example in reading.examples)
    assert splits == {"oos_val": 100, "val": 3000, "train": 15000, "oos_test": 1000,
                      "test": 4500, "oos_train": 100}  # fmt: skip
    assert len(labels(reading.examples) or ()) == 151
    assert reading.examples[0].source == "clinc150/data_full.json:3"


def test_wikipedia_texts_are_bare_text(test_data: Path) -> None:
    reading = read("llamafactory_demo/wiki_demo.txt", root=test_data / "datasets")
    assert (reading.format, len(reading.examples), reading.errors) == ("text", 30, [])


def test_hh_rlhf_has_53_faults_in_51_dialogues(test_data: Path) -> None:
    reading = read("hh_rlhf/test.jsonl.gz", root=test_data / "datasets")
    assert (reading.format, reading.num_rows) == ("preference", 2312)
    said = Counter(finding.message.partition(" (the first")[0] for finding in reading.errors)
    assert said == {
        "two assistant messages in a row.": 9,
        "the assistant's turn begins with 'Human:', another marker": 11,
        "the assistant's turn begins with 'Human:', another marker.": 29,
        "the assistant's reply is empty.": 4,
    }
    assert Counter(finding.kind for finding in reading.errors) == {
        "turn_order": 49,
        "empty_turn": 4,
    }
    assert len(reading.examples) == 2312 - len(reading.broken)
    assert len({finding.line for finding in reading.errors}) == len(reading.broken) == 51


def test_hh_rlhfs_chosen_answers_can_be_imitated(test_data: Path) -> None:
    columns = {"messages": "chosen"}
    reading = read("hh_rlhf/test.jsonl.gz", columns, root=test_data / "datasets")
    assert reading.format == "messages"
    assert len(reading.examples) == 2312 - len(reading.broken) > 2250


def test_banking77_has_two_texts_with_two_labels(test_data: Path) -> None:
    train, test = (
        read(f"banking77/{name}.csv", root=test_data / "datasets").examples
        for name in ("train", "test")
    )
    kinds = Counter(finding.kind for finding in check(train, test=test))
    assert kinds[Kind.LABEL_CONFLICT] == 2
    assert 200 <= kinds[Kind.DUPLICATE_NEAR] <= 500


def test_clinc150_has_36_texts_in_several_splits_and_4_with_two_labels(test_data: Path) -> None:
    data = json.loads((test_data / "datasets/clinc150/data_full.json").read_text("utf-8"))
    splits = {
        name: [
            Example.of(
                [{"role": "user", "content": text}, {"role": "assistant", "content": label}],
                f"{part}:{number}",
            )
            for part in (name, f"oos_{name}")
            for number, (text, label) in enumerate(data[part], 1)
        ]
        for name in ("train", "val", "test")
    }
    leaked: set[str] = set()
    num_near = 0
    for seen, held_out in (("train", "test"), ("val", "test"), ("train", "val")):
        for leak in find_leaks(splits[seen], splits[held_out]):
            if leak.kind is Kind.LEAK_EXACT:
                leaked.add(input_key(leak.held_out))
            num_near += leak.kind is Kind.LEAK_NEAR
    assert len(leaked) == 36
    assert 50 <= num_near <= 150
    conflicts = [
        finding
        for finding in check(splits["train"], splits["val"], splits["test"])
        if finding.kind is Kind.LABEL_CONFLICT
    ]
    assert len(conflicts) == 4


@pytest.mark.parametrize(("name", "num"), [("glaive_toolcall_en", 35), ("alpaca_en", 14)])
def test_exact_duplicates_of_the_demo_sets(test_data: Path, name: str, num: int) -> None:
    examples = read(f"llamafactory_demo/{name}_demo.json", root=test_data / "datasets").examples
    kinds = Counter(finding.kind for finding in check(examples))
    assert kinds[Kind.DUPLICATE_EXACT] == num


def test_gsm8k_s_problems_with_other_numbers_are_no_near_copies(test_data: Path) -> None:
    lines = (test_data / "eval/gsm8k/train.jsonl").read_text("utf-8").splitlines()
    problems = [json.loads(line)["question"] for line in lines]
    found = near_duplicates((str(row), text) for row, text in enumerate(problems))
    assert [cluster.ids for cluster in found.clusters] == [("2483", "6691")]
