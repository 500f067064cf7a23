"""One report of each kind of verdict."""

from __future__ import annotations

from typing import Any

from sample_reports.arms import GATES, compared, gate, headline, measured
from sample_reports.whole import ships


def _chosen(report: dict[str, Any]) -> dict[str, Any]:
    best = {"prompts/labels.txt", "8 examples", "5 passages"}
    for choice in report["details"]["choices"]:
        choice["chosen"] = choice["option"] in best
    return report


def _only(report: dict[str, Any], *arms: str) -> None:
    report["arms"] = {name: report["arms"][name] for name in arms}
    report["details"]["arms"] = {name: report["details"]["arms"][name] for name in arms}
    report["cost"]["per_1000"] = {name: report["cost"]["per_1000"][name] for name in arms}
    report["comparisons"] = [
        pair for pair in report["comparisons"] if {pair["a"], pair["b"]} <= set(arms)
    ]


def _untrained(report: dict[str, Any], why: str | None) -> None:
    report |= {"adapter": None, "gates": []}
    report["cost"] |= {"training": None, "payback_answers": None}
    report["details"] |= {
        "candidate": None,
        "training": None,
        "slices": None,
        "review": None,
        "judge": None,
        "failures": None,
        "not_analysed": "no arm has answered validation items",
        "nothing_trained": why,
    }
    del report["time"]["stages"]["train"], report["time"]["stages"]["candidates"]


def ship() -> dict[str, Any]:
    return _chosen(ships())


def use_rag() -> dict[str, Any]:
    report = ship()
    _only(report, "prompt", "few_shot", "rag", "nearest")
    _untrained(
        report,
        "rag leaves 1.5 points of headroom on validation, less than the margin of 2.0 points.",
    )
    report["arms"]["rag"] = {
        "exact_match": measured(0.975, 0.016),
        "token_f1": measured(0.981, 0.013),
    }
    pair = compared("rag", "few_shot", 0.2175, 0.042)
    report |= {
        "verdict": "use_rag",
        "reasons": ["rag is right on 97.5 % of the items; nothing is left for training to gain."],
        "next": "Serve the base model with retrieval: 5 passages, prompt prompts/labels.txt.",
        "comparisons": [pair],
    }
    report["details"] |= {
        "headline": headline(pair),
        "use_arm": "rag",
        "baseline": "rag",
        "lamps": {
            "automatic": "pass",
            "human": "not_run",
            "regression": "not_run",
            "safety": "not_run",
        },
    }
    return report


def do_not_ship() -> dict[str, Any]:
    report = ship()
    _only(report, "tuned", "prompt", "few_shot", "nearest")
    report["gates"] = [
        gate(
            "forgetting",
            "fail",
            "Mean loss on 64 general passages rose by 0.412 nats per token (95 % interval 0.371 to"
            " 0.453; margin 0.1).",
        ),
        gate(
            "refusals",
            "inconclusive",
            "Right on 41 of 44 cases, before on 43 of 44: the interval -12.1 to +2.4 points"
            " includes the margin of -5.0.",
        )
        | {"waived_by": {"by": "Dana Reyes", "reason": "The service sees staff messages only."}},
        GATES[2],
        gate("latency", "pass", "p95 is 31 ms, the bound 800 ms.") | {"required": False},
    ]
    report |= {
        "verdict": "do_not_ship",
        "reasons": [
            "tuned beats few_shot by 8.5 points.",
            "tuned fails forgetting: it has lost general ability.",
        ],
        "next": "Train with a lower learning rate (train.learning_rate=5e-5) or fewer epochs.",
    }
    report["looks"] = {
        "number": 3,
        "level": 0.0025,
        "items": 400,
        "note": "The two looks before were runs 001 and 002.",
    }
    report["details"]["lamps"] |= {"regression": "fail", "safety": "inconclusive"}
    report["details"]["weak_prompt"] = True
    return report


def inconclusive() -> dict[str, Any]:
    report = ship()
    _only(report, "prompt")
    _untrained(report, "48 test items cannot show a gain below 21 points with 90 % power.")
    report |= {
        "verdict": "inconclusive",
        "arms": {},
        "comparisons": [],
        "reasons": ["48 test items cannot show a gain of less than 21 points."],
        "next": "Add 310 to 520 test items, or train all the same with --train-anyway.",
        "looks": {"number": None, "level": None, "items": 0, "note": ""},
    }
    report["data"]["rows"]["test"] = 48
    report["cost"] |= {"per_hour": None, "per_1000": {}, "note": ""}
    report["details"] |= {
        "baseline": "prompt",
        "use_arm": None,
        "headline": None,
        "findings": [],
        "lamps": {
            "automatic": "inconclusive",
            "human": "not_run",
            "regression": "not_run",
            "safety": "not_run",
        },
    }
    return report


def validation_only() -> dict[str, Any]:
    report = ship()
    _only(report, "tuned", "prompt", "nearest")
    pair = compared("tuned", "prompt", 0.031, 0.049, 0.05)
    report["arms"] = {
        "tuned": {"exact_match": measured(0.646, 0.066, 200)},
        "prompt": {"exact_match": measured(0.615, 0.068, 200)},
        "nearest": {"exact_match": measured(0.64, 0.066, 200)},
    }
    report |= {
        "verdict": None,
        "reasons": ["nearest does as well as tuned: look for near twins."],
        "next": "whet eval runs/003 --split test",
        "comparisons": [pair],
        "gates": [],
        "looks": {"number": None, "level": None, "items": 200, "note": ""},
    }
    report["details"] |= {
        "split": "validation",
        "headline": headline(pair),
        "baseline": "prompt",
        "training": None,
        "choices": [],
        "use_arm": None,
        "ledger": None,
        "lamps": dict.fromkeys(("automatic", "human", "regression", "safety"), "not_run"),
    }
    return report


SAMPLES = {
    "ship": ship,
    "use_rag": use_rag,
    "do_not_ship": do_not_ship,
    "inconclusive": inconclusive,
    "validation_only": validation_only,
}
