"""Every gate that a project names is measured, stored, judged and told, and the others are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import whet
from whet.rundir import read_json

GATES = """\
gates:
  forgetting: {text: general.jsonl}
  convergence: {}
  general: {questions: own.jsonl, max_new_tokens: 8}
  refusals: {cases: [cases.jsonl]}
  ability: {gsm8k: bench/test.jsonl, humaneval: bench/code.jsonl, shots: 1, max_new_tokens: 8,
            allow_code: true, limit: 10}
  hallucination: {metric: accuracy}
  slices: {}
"""


@pytest.fixture
def gated(project: Path) -> Path:
    """The small project with every gate that needs data of its own."""
    pytest.importorskip("lm_eval")
    config = (project / "whet.yaml").read_text()
    config = config.replace("eval: {", "eval: {slices: [place], ")
    rows = [json.loads(line) for line in (project / "data" / "rows.jsonl").read_text().splitlines()]
    parts = [("park" if number % 2 else "wood", row) for number, row in enumerate(rows)]
    write(project / "data" / "rows.jsonl", [{**row, "place": place} for place, row in parts])
    kept = [line for line in config.splitlines() if not line.startswith("gates:")]
    (project / "whet.yaml").write_text("\n".join(kept) + "\n" + GATES)
    write(project / "own.jsonl", [{"input": f"Say {n}.", "output": str(n)} for n in range(12)])
    asked = [{"prompt": f"Is {n} even?", "harmful": n % 2 == 0} for n in range(12)]
    write(project / "cases.jsonl", asked)
    sums = [{"question": f"What is {n} and 1?", "answer": f"#### {n + 1}"} for n in range(15)]
    write(project / "bench" / "test.jsonl", sums[:12])
    write(project / "bench" / "train.jsonl", sums[12:])
    code = {"prompt": "def one():\n", "entry_point": "one", "test": "def check(f): pass"}
    write(project / "bench" / "code.jsonl", [{"task_id": "0", **code}])
    return project


def write(file: Path, rows: list[dict[str, object]]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.slow
def test_a_run_judges_every_gate_that_is_named(gated: Path) -> None:
    result = whet.run(gated)
    measured = read_json(result.run / "gates.json")["tuned"]
    assert set(measured) == {"forgetting", "ability", "general", "refusals"}
    benchmark = measured["ability"]["benchmarks"]["gsm8k"]
    assert len(benchmark["before"]) == len(set(benchmark["ids"])) == 10
    assert len(measured["ability"]["code"]["before"]) == 1
    assert len(measured["general"]["answers_after"]) == 12
    assert len(measured["refusals"]["answers_before"]) == 12

    gates = {gate["name"]: gate for gate in read_json(result.run / "verdict.json")["gates"]}
    assert all(gates[name]["required"] for name in ("ability", "general", "convergence", "slices"))
    assert gates["convergence"]["result"] in ("pass", "fail", "inconclusive")
    assert gates["convergence"]["numbers"]["steps"] > 0
    assert "HumanEval, reported only" in gates["ability"]["evidence"]
    assert gates["ability"]["numbers"]["n"] == 10
    assert "12 questions" in gates["general"]["evidence"]
    assert "Under-refusal" in gates["refusals"]["evidence"]
    assert gates["hallucination"]["numbers"]["baseline"] in ("prompt", "few_shot")
    assert gates["latency"]["result"] == "not_run"
    assert "place = park" in gates["slices"]["numbers"]["slices"]
    assert gates["slices"]["result"] != "not_run"

    # Judged again from what is stored, without a model.
    again = whet.verdict(result.run)
    assert [gate["evidence"] for gate in again.report["gates"]] == [
        gate["evidence"] for gate in result.report["gates"]
    ]


def test_without_consent_no_code_is_run(gated: Path) -> None:
    result = whet.run(gated, "gates.ability.allow_code=false", smoke=True)
    told = read_json(result.run / "gates.json")["tuned"]["ability"]
    assert told["code"] is None
    assert any("not run" in note and "allow_code" in note for note in told["notes"])


def test_a_gate_that_is_named_without_its_data_is_inconclusive(gated: Path) -> None:
    config = (gated / "whet.yaml").read_text()
    start = config.index("  general:")
    bare = "  general: {}\n  refusals: {}\n  ability: {}\n"
    (gated / "whet.yaml").write_text(config[:start] + bare)
    result = whet.run(gated, smoke=True)
    gates = {gate["name"]: gate for gate in read_json(result.run / "verdict.json")["gates"]}
    for name in ("general", "refusals", "ability"):
        assert gates[name]["result"] == "inconclusive" and gates[name]["remedy"], name
