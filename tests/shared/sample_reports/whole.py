"""A report that ships."""

from __future__ import annotations

from typing import Any

from sample_reports.answers import FAILURES
from sample_reports.arms import ARMS, GATES, VALUES, compared, headline, measured
from sample_reports.readings import JUDGE, REVIEW, SLICES
from sample_reports.training import REPEAT, TRAINING


def ships() -> dict[str, Any]:
    """The report of a run that ships."""
    best = compared("tuned", "few_shot", 0.085, 0.038)
    return {
        "schema_version": 1,
        "run": "003",
        "created": "2026-03-14T09:26:53Z",
        "verdict": "ship",
        "reasons": [
            "tuned beats few_shot, the strongest baseline, by 8.5 points; even the lower end of the"
            " interval (4.7) is above the margin of 2.0 points.",
            "All required gates pass: forgetting, format.",
            "tuned_rag does not beat tuned, so the simpler one is named.",
        ],
        "next": "whet export runs/003 --to vllm --out build/intents",
        "task": "Route a bank customer's message to one of 77 intents.",
        "model": {
            "name": "Qwen/Qwen2.5-0.5B-Instruct",
            "identity": "qwen2.5-0.5b-instruct@7ae557604adf template:8a91 bfloat16",
            "num_parameters": 494_032_768,
        },
        "adapter": "adapter",
        "arms": {
            name: {
                "exact_match": measured(value, half),
                "token_f1": measured(min(1, value + 0.041), half * 0.8),
            }
            for name, (value, half) in VALUES.items()
        },
        "comparisons": [
            best,
            compared("tuned", "prompt", 0.2325, 0.048),
            compared("tuned", "rag", 0.1625, 0.045),
            compared("tuned_rag", "few_shot", 0.08, 0.039, 0.02),
            compared("tuned_rag", "tuned", -0.005, 0.024),
        ],
        "gates": GATES,
        "looks": {"number": 1, "level": 0.04, "items": 400, "note": ""},
        "data": {
            "version": "d4c3b2a190876543",
            "rows": {"train": 3080, "validation": 300, "test": 400},
            "format": "input/output",
            "reason": "columns text and category are named in data.columns.",
            "items_digest": "71f0a3",
        },
        "cost": {
            "currency": "USD",
            "per_hour": 0.71,
            "training": 0.259,
            "per_1000": {
                "tuned": 0.0043,
                "tuned_rag": 0.0152,
                "prompt": 0.0166,
                "few_shot": 0.0214,
                "rag": 0.0297,
                "nearest": None,
            },
            "payback_answers": 15147,
            "note": "Machine time at full load only: no idle hours, no people.",
        },
        "time": {
            "total_s": 2214.0,
            "stages": {
                "check": 2.4,
                "split": 0.3,
                "baselines": 512.0,
                "train": 1312.4,
                "candidates": 288.0,
                "gates": 96.1,
                "verdict": 2.8,
            },
        },
        "details": {
            "split": "test",
            "primary": "exact_match",
            "margin": 0.02,
            "candidate": "tuned",
            "baseline": "few_shot",
            "use_arm": "tuned",
            "headline": headline(best),
            "arms_level": 0.05,
            "lamps": {
                "automatic": "pass",
                "human": "not_run",
                "regression": "pass",
                "safety": "not_run",
            },
            "arms": ARMS,
            "choices": [
                {"arm": "prompt", "option": "prompts/short.txt", "score": 0.54, "items": 200},
                {"arm": "prompt", "option": "prompts/labels.txt", "score": 0.615, "items": 200},
                {"arm": "few_shot", "option": "2 examples", "score": 0.69, "items": 200},
                {"arm": "few_shot", "option": "4 examples", "score": 0.725, "items": 200},
                {"arm": "few_shot", "option": "8 examples", "score": 0.755, "items": 200},
                {"arm": "rag", "option": "3 passages", "score": 0.66, "items": 200},
                {"arm": "rag", "option": "5 passages", "score": 0.675, "items": 200},
            ],
            "training": TRAINING,
            "slices": SLICES,
            "review": [REVIEW],
            "judge": JUDGE,
            "failures": FAILURES,
            "findings": [
                "data/train.jsonl:2210: output: the same input has the answer card_arrival in line"
                " 18. Relabel one of them.",
            ],
            "ledger": {
                "read": 3812,
                "kept": {"train": 3080, "validation": 300, "test": 400},
                "dropped": {"exact duplicate": 30, "input is also in test": 2},
            },
            "weak_prompt": False,
            "nothing_trained": None,
            "repeat": REPEAT,
        },
    }
