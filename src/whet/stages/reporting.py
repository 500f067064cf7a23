"""Stage `report`: `report.json` and `report.html` from what the other stages wrote."""

from __future__ import annotations

from typing import Any

from whet.config import Config
from whet.configfile import read_config
from whet.evals.plan import items_digest
from whet.evals.verdict import Verdict
from whet.reporting import SCHEMA_VERSION, Report, check_report, html
from whet.rundir import RunDir, read_json, write_json, write_text
from whet.stages.costs import cost
from whet.stages.details import details
from whet.stages.evidence import Evidence, read_evidence
from whet.stages.judge.agreeing import keep_calibration
from whet.stages.judge.figures import judge_details, judge_findings
from whet.stages.judging import compared, judge
from whet.stats import look_level

SMOKE_NEXT = "Every part worked once, on a few rows. The whole of it: whet run."
NO_LOOK = "`whet eval --split test` gives a verdict, and is a look at the test items."
WEAK_PROMPT = "No prompt was written: the baseline is the task sentence alone, and weak."


def write_report(run: RunDir) -> Report:
    """Judges the stored evidence and writes both reports. Needs no model.

    Raises:
        RunError: the run did not get so far.
    """
    config = read_config(run.config)
    weak = not config.prompt and read_json(run.file("choices.json"))["chosen"]["prompt"] is not None
    verdict = judge(run, [WEAK_PROMPT] if weak else [])
    evidence = read_evidence(run)
    if evidence.judged is not None and evidence.calibrated is not None:
        keep_calibration(run, evidence.judged, evidence.calibrated)
    report = check_report(_report(run, config, evidence, verdict, weak))
    write_json(run.report_json, report)
    write_text(run.report_html, html(report))
    return report


def _report(
    run: RunDir, config: Config, evidence: Evidence, verdict: Verdict | None, weak: bool
) -> dict[str, Any]:
    judged = read_json(run.file("verdict.json"))
    check = read_json(run.file("data/check.json"))
    record = run.record()
    gates = [_gate(row) for row in judged["gates"]]
    rows = {name: len(read_json(run.file(f"data/{name}.json"))) for name in _SPLITS}
    digest = items_digest([item.id for item in evidence.items])
    groups = {item.id: item.group for item in evidence.items}
    told_by_judge = judge_details(evidence.judged, evidence.calibrated, groups)
    found = details(run, config, evidence, verdict, weak, gates, check)
    stages = {name: stage["seconds"] for name, stage in record["stages"].items()}
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run.path.name,
        "created": record["created"],
        "verdict": verdict.verdict.value if verdict else None,
        "reasons": verdict.reasons if verdict else _no_verdict(evidence),
        "next": verdict.next if verdict else SMOKE_NEXT if record["options"]["smoke"] else NO_LOOK,
        "task": config.task,
        "model": read_json(run.file("model.json")),
        "adapter": _adapter(run),
        "arms": judged["arms"],
        "comparisons": compared(verdict),
        "gates": gates,
        "looks": _looks(evidence),
        "data": {
            "version": check["version"],
            "rows": rows,
            "format": check["format"],
            "reason": check["reason"],
            "items_digest": digest,
        },
        "cost": cost(config, run, evidence),
        "time": {"total_s": round(sum(stages.values()), 3), "stages": stages},
        "details": found
        | {"untouched": judged["untouched"], "judge": told_by_judge}
        | {"findings": [*judge_findings(told_by_judge), *found["findings"]]},
    }


_SPLITS = ("train", "validation", "test")


def _no_verdict(evidence: Evidence) -> list[str]:
    n = len(evidence.items)
    return [f"Only {n} validation items were seen: they choose settings and decide nothing."]


def _adapter(run: RunDir) -> str | None:
    foreign = run.record()["options"]["adapter"]
    if foreign:
        return str(foreign)
    return next((p.name for p in (run.adapter, run.model) if p.is_dir()), None)


def _gate(row: dict[str, Any]) -> dict[str, Any]:
    keys = ("name", "result", "evidence", "numbers", "required", "waived_by")
    evidence = " ".join(part for part in (row["evidence"], row["remedy"]) if part)
    return {key: row[key] for key in keys} | {"candidate": row["arm"], "evidence": evidence}


def _looks(evidence: Evidence) -> dict[str, Any]:
    items = len(evidence.items)
    if evidence.look is None:
        note = ""
        return {"number": None, "level": None, "items": items, "note": note}
    note = "" if evidence.look == 1 else "Earlier looks at these items make this one stricter."
    level = look_level(evidence.look)
    return {"number": evidence.look, "level": level, "items": items, "note": note}
