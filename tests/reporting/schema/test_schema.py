from __future__ import annotations

import json
from typing import Any

import pytest

from whet.errors import RunError
from whet.reporting import check_report
from whet.types import Outcome


def test_every_sample_is_a_report_also_after_a_trip_through_json(report: Any) -> None:
    assert check_report(report) is report
    check_report(json.loads(json.dumps(report)))


def test_outcomes_may_be_words_or_members(sample: Any) -> None:
    report = sample("ship")
    report["gates"][0]["result"] = Outcome.FAIL
    assert json.loads(json.dumps(check_report(report)))["gates"][0]["result"] == "fail"


def test_every_fault_is_told_with_its_place(sample: Any) -> None:
    report = sample("ship")
    report["verdict"] = "perhaps"
    del report["details"]["margin"]
    report["arms"]["tuned"]["exact_match"]["value"] = "<script>"
    with pytest.raises(RunError) as caught:
        check_report(report)
    told = str(caught.value)
    assert "report.json: verdict: Input should be 'ship'" in told
    assert "report.json: details.margin: Field required" in told
    assert "report.json: arms.tuned.exact_match.value: Input should be a valid number" in told
    assert "whet verdict RUN" in told


def test_a_newer_report_is_refused(sample: Any) -> None:
    with pytest.raises(RunError, match="schema version 2, this whet reads 1"):
        check_report(sample("ship") | {"schema_version": 2})


@pytest.mark.parametrize("value", [None, [], "report", 3, {}])
def test_what_is_no_report_at_all_is_refused(value: Any) -> None:
    with pytest.raises(RunError, match=r"report\.json"):
        check_report(value)
