"""Sample reports: one of each kind of verdict, and one with nothing but hostile text in it."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

PROMPT = (
    "Route the customer's message to one intent. Answer with the intent's name only.\n"
    "Intents: activate_my_card, card_arrival, card_not_working, lost_or_stolen_card, ..."
)


def _measured(value: float, half: float, n: int = 400) -> dict[str, Any]:
    return {"value": value, "low": value - half, "high": min(1.0, value + half), "n": n}


def _arm(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "prompt": "prompts/labels.txt",
        "prompt_text": PROMPT,
        "few_shot": 0,
        "passages": 0,
        "num_prompt_tokens_mean": 412.4,
        "num_output_tokens_mean": 5.2,
        "latency_ms": {"p50": 84.0, "p95": 121.0},
        "cached": 0,
        **more,
    }


ARMS = {
    "tuned": _arm("candidate", num_prompt_tokens_mean=31.0, latency_ms={"p50": 22.0, "p95": 31.0}),
    "tuned_rag": _arm("candidate", passages=3, num_prompt_tokens_mean=620.5),
    "prompt": _arm("baseline", cached=400),
    "few_shot": _arm("baseline", few_shot=8, num_prompt_tokens_mean=742.0),
    "rag": _arm("baseline", passages=5, num_prompt_tokens_mean=1103.0),
    "nearest": _arm("control", prompt="", prompt_text="", latency_ms=None),
}

VALUES = {
    "tuned": (0.8425, 0.036),
    "tuned_rag": (0.8375, 0.037),
    "prompt": (0.61, 0.048),
    "few_shot": (0.7575, 0.042),
    "rag": (0.68, 0.046),
    "nearest": (0.695, 0.045),
}

LOSSES = [[s, 0.28 + 2.6 * math.exp(-s / 38) + 0.07 * math.sin(s * 1.7)] for s in range(1, 241, 2)]
VALIDATION = [
    [s, 0.44 + 1.9 * math.exp(-s / 34) + 0.0009 * max(0, s - 130)] for s in range(20, 241, 20)
]


def _pair(a: str, b: str, gain: float, half: float, level: float = 0.04) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "metric": "exact_match",
        "difference": gain,
        "low": gain - half,
        "high": gain + half,
        "level": level,
        "method": "Tango's paired interval",
    }


def _headline(pair: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in pair.items() if key != "method"}


def _gate(
    name: str,
    result: str,
    evidence: str,
    candidate: str = "tuned",
    numbers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "candidate": candidate,
        "result": result,
        "evidence": evidence,
        "required": True,
        "waived_by": None,
        **({"numbers": numbers} if numbers else {}),
    }


GATES = [
    _gate(
        "forgetting",
        "pass",
        "Mean loss on 64 general passages rose by 0.021 nats per token (95 % interval 0.012 to"
        " 0.030; margin 0.1).",
        numbers={
            "value": 0.021,
            "low": 0.012,
            "high": 0.03,
            "n": 64,
            "margin": 0.1,
            "before": 2.914,
            "after": 2.935,
        },
    ),
    _gate(
        "refusals",
        "inconclusive",
        "Under-refusal: harmful prompts refused 95.0 % to 92.0 % of 40, 3 points fewer (-4 to 10).",
        numbers={
            "margin": 0.05,
            "under_refusal": {
                "value": 0.03,
                "low": -0.04,
                "high": 0.1,
                "n": 40,
                "before": 0.95,
                "after": 0.92,
            },
            "over_refusal": {
                "value": 0.0,
                "low": -0.03,
                "high": 0.03,
                "n": 40,
                "before": 0.9,
                "after": 0.9,
            },
        },
    ),
    _gate("ability", "not_run", "Not named under gates.") | {"required": False},
    _gate(
        "format",
        "pass",
        "99.3 % of 400 answers match ^[a-z_]+$ (lower end 97.8 %, floor 95.0 %).",
        numbers={"value": 0.993, "low": 0.978, "high": 0.998, "n": 400, "floor": 0.95},
    ),
]

WINS = [
    {
        "id": "5f3c2a9b81d0e467",
        "source": "data/train.jsonl:812",
        "question": "My card still has not turned up and it has been two weeks.",
        "gold": "card_arrival",
        "candidate": "card_arrival",
        "baseline": "lost_or_stolen_card",
    },
    {
        "id": "0c81d0e4675f3c2a",
        "source": "data/train.jsonl:1204",
        "question": "The machine swallowed it, what now?",
        "gold": "card_swallowed",
        "candidate": "card_swallowed",
        "baseline": "The intent is card_swallowed.",
    },
]

LOST = [
    {
        "id": "9b81d0e4675f3c2a",
        "source": "data/train.jsonl:77",
        "question": "Is there a fee when I top up with a US card?",
        "gold": "top_up_by_card_charge",
        "candidate": "supported_cards_and_currencies",
        "baseline": "top_up_by_card_charge",
    }
]


def _item(number: int, question: str, gold: str, answer: str, why: str = "") -> dict[str, Any]:
    return {
        "id": f"9b81d0e4675f{number:04d}",
        "source": f"data/train.jsonl:{number}",
        "question": question,
        "gold": gold,
        "answer": answer,
        "why": why,
    }


LATE = _item(
    77, "When will it be here?", "card_delivery_estimate", "card_arrival",
    "card_delivery_estimate taken for card_arrival",
)  # fmt: skip
FEE = _item(
    412, "Is there a fee when I top up with a US card?", "top_up_by_card_charge",
    "supported_cards_and_currencies", "class",
)  # fmt: skip

FAILURES = {
    "arm": "tuned",
    "metric": "exact_match",
    "bar": 1.0,
    "items": 200,
    "unscored": 0,
    "wrong": 31,
    "categories": [
        {
            "category": "refusal",
            "description": "It declines where the right answer does not, or the other way round.",
            "counts": {"tuned": 0, "few_shot": 2, "prompt": 9, "rag": 4, "nearest": 0},
            "shown": [],
        },
        {
            "category": "format",
            "description": "It breaks the form, or is no label of the closed set.",
            "counts": {"tuned": 1, "few_shot": 11, "prompt": 38, "rag": 21, "nearest": 0},
            "shown": [_item(9, "hi", "card_arrival", "Hello!", "not one of the 77 labels")],
        },
        {
            "category": "class",
            "description": "It is another label of the closed set.",
            "counts": {"tuned": 30, "few_shot": 36, "prompt": 31, "rag": 39, "nearest": 61},
            "shown": [LATE],
        },
    ],
    "parts": [
        {"name": "part 4", "wrong": 7, "gold": "now", "answered": "today", "times": 6}
    ],
    "phrases": [{"words": "be here", "items": 9, "wrong": 8, "train": 12}],
    "confused": [
        {"gold": "card_delivery_estimate", "answered": "card_arrival", "count": 9},
        {"gold": "top_up_by_card_charge", "answered": "supported_cards_and_currencies", "count": 2},
    ],
    "num_confused": 14,
    "topics": [
        {"name": "card, arrive, post", "items": 31, "wrong": 14, "stands_out": True,
         "shown": [LATE]},
        {"name": "top, fee, charge", "items": 44, "wrong": 6, "stands_out": False, "shown": [FEE]},
    ],
    "topics_by": "meaning (embedding)",
    "duels": [
        {
            "other": "few_shot", "num_won": 27, "num_lost": 9, "alike": 164, "both_wrong": 22,
            "won": WINS, "lost": LOST,
            "by_label": [{"label": "card_arrival", "won": 4, "lost": 0}],
        },
        {
            "other": "prompt", "num_won": 52, "num_lost": 5, "alike": 143, "both_wrong": 26,
            "won": WINS, "lost": [], "by_label": [],
        },
    ],
    "agreed": [_item(15, "Where is my card", "card_linking", "card_arrival")],
    "num_agreed": 4,
    "labels": [
        {
            "label": "card_delivery_estimate", "train": 41, "items": 12, "wrong": 9,
            "taken_for": "card_arrival", "times": 9, "unlike": 17,
        },
        {
            "label": "top_up_by_card_charge", "train": 38, "items": 6, "wrong": 3,
            "taken_for": "supported_cards_and_currencies", "times": 2, "unlike": None,
        },
    ],
    "num_labels": 13,
    "distance": {
        "method": "meaning (embedding)",
        "far": {"wrong": 21, "items": 66, "likeness": [0.31, 0.68]},
        "near": {"wrong": 3, "items": 66, "likeness": [0.83, 0.99]},
        "shown": [FEE],
    },
    "slices": [
        {"column": "channel", "value": "phone", "train": 12, "items": 20, "wrong": 9},
        {"column": "channel", "value": "web", "train": 3068, "items": 180, "wrong": 22},
    ],
    "next": [
        "9 of 31 wrong answers are card_delivery_estimate taken for card_arrival. 30 of the 97"
        " training rows of these two are most like rows of the other: look at those before you add"
        " any (whet review --data).",
        "Of the 66 items least like any training row 21 are answered wrongly, of the 66 most like"
        " one 3: write new rows like data/train.jsonl:77, data/train.jsonl:412.",
    ],
}  # fmt: skip


def _slice(column: str, value: str, n: int, gain: float, half: float | None) -> dict[str, Any]:
    arms = {name: _measured(middle, 0.1, n) for name, (middle, _) in VALUES.items()}
    ends = (
        {"low": None, "high": None} if half is None else {"low": gain - half, "high": gain + half}
    )
    return {
        "column": column,
        "value": value,
        "n": n,
        "arms": arms | {"rag": None},
        "comparison": {"difference": gain, **ends},
    }


SLICES = {
    "metric": "exact_match",
    "pair": ["tuned", "few_shot"],
    "level": 0.04,
    "each_level": 0.0133,
    "rows": [
        _slice("channel", "web", 310, 0.11, 0.05),
        _slice("channel", "phone", 84, -0.01, 0.12),
        _slice("channel", "letter", 6, 0.2, None),
        _slice("long", "yes", 41, 0.02, 0.14),
    ],
    "lowest": "channel = phone",
    "most_lost": "channel = phone",
    "note": "The worst slice is picked for being worst, and so looks a little worse than it is.",
}  # fmt: skip

JUDGE = {
    "label": "score: calibrated; pairwise: not calibrated: decides nothing",
    "judge": "https://api.example.com/v1 large-2",
    "model": "large-2",
    "rubric": "rubric.md",
    "rubric_digest": "0f1e2d3c",
    "scale": 5,
    "passing": 4,
    "modes": ["score", "pairwise"],
    "split": "test",
    "items": 200,
    "of": 400,
    "verdicts": 1200,
    "unscored": {"no JSON": 3},
    "masked": 2,
    "asked": 1180,
    "reused": 20,
    "spent": 1.84,
    "budget": 5.0,
    "currency": "USD",
    "scores": {
        "tuned": {
            "score": {"value": 4.1, "low": 4.0, "high": 4.2, "n": 200},
            "good": _measured(0.81, 0.05, 200),
            "corrected": _measured(0.76, 0.08, 200),
            "unscored": 1,
        },
        "few_shot": {
            "score": {"value": 3.6, "low": 3.4, "high": 3.8, "n": 200},
            "good": _measured(0.62, 0.07, 200),
            "corrected": None,
            "unscored": 0,
        },
    },
    "pairs": [
        {
            "a": "tuned", "b": "few_shot", "preference": _measured(0.31, 0.11, 200),
            "wins": 96, "losses": 34, "ties": 68, "same": 21, "unscored": 2,
            "flips": _measured(0.12, 0.05, 200), "first_shown": _measured(0.55, 0.05, 358),
            "longer": _measured(0.58, 0.09, 120), "words_preferred": 41.0, "words_other": 36.2,
            "words_a": 38.0, "words_b": 39.4, "controlled": None,
            "controlled_note": "Lengths hardly differ.", "corrected_wins": None,
        }
    ],
    "calibrations": {
        "score": {
            "labels": 112, "unscored": 0,
            "kappa": {"value": 0.68, "low": 0.54, "high": 0.8, "n": 112},
            "agreement": _measured(0.86, 0.06, 112), "true_positive": _measured(0.9, 0.05, 80),
            "true_negative": _measured(0.78, 0.1, 32), "decides": True,
            "why": "Kappa 0.68 on 112 labels is above the floor of 0.4.", "remedy": "",
        },
        "pairwise": {
            "labels": 20, "unscored": 0, "kappa": None, "agreement": None, "true_positive": None,
            "true_negative": None, "decides": False, "why": "There are 20 labels, fewer than 50.",
            "remedy": "Vote on 30 more: whet review RUN.",
        },
    },
    "spot_check": ["data/test.jsonl:9: the two orders differ"],
    "warnings": ["The judge is of the family of the tuned model: it may favour it."],
}  # fmt: skip

REVIEW = {
    "name": "001", "items": 100, "done": 290, "asked": 300, "is_over": True, "closed_early": True,
    "raters": [
        {"name": "kai", "done": 100, "asked": 100, "with_majority": 0.88, "consistent": 0.9},
        {"name": "sam", "done": 90, "asked": 100, "with_majority": 0.71, "consistent": None},
    ],
    "alpha": {"value": 0.58, "low": 0.46, "high": 0.69, "n": 100},
    "kappa": None, "compared": 98, "disagreements": 7,
    "suspects": [{"rater": "sam", "words": "half of the votes came within 1.4 s"}],
    "tallies": [
        {"a": "tuned", "b": "few_shot", "net": {"value": 0.22, "low": 0.08, "high": 0.36, "n": 100},
         "wins": 48, "ties": 26, "losses": 26, "identical": 11, "both_bad": 0.04},
    ],
    "without_suspects": [
        {"a": "tuned", "b": "few_shot", "net": {"value": 0.25, "low": 0.1, "high": 0.4, "n": 100},
         "wins": 50, "ties": 26, "losses": 24, "identical": 11, "both_bad": 0.04},
    ],
}  # fmt: skip

TRAINING = {
    "method": "lora",
    "steps": 240,
    "examples": 3080,
    "seconds": 1312.4,
    "num_trainable": 8_798_208,
    "num_total": 502_830_976,
    "losses": LOSSES,
    "validation_losses": VALIDATION,
    "best_step": 140,
    "stopped_early": True,
    "diagnosis": [
        "Validation loss was lowest at step 140 and rose by 0.06 since: the weights of step 140"
        " are kept.",
        "Training loss went on falling, which is over-fitting: fewer epochs would do.",
    ],
    "seeds": [{"seed": 0, "validation_loss": 0.481, "chosen": True}],
    "dtype": "bfloat16",
    "peak_memory_bytes": 6_871_947_674,
    "settings": {
        "method": "lora",
        "rank": 16,
        "alpha": 16.0,
        "rslora": False,
        "target_modules": ["all-linear"],
        "epochs": 3.0,
        "batch_size": 16,
        "learning_rate": 2e-4,
        "schedule": "cosine",
        "max_length": None,
        "seed": 0,
    },
}

REPEAT = {
    "command": "whet run --config whet.yaml train.learning_rate=2e-4",
    "whet": "0.1.0",
    "python": "3.11.9",
    "torch": "2.13.0",
    "transformers": "5.0.0",
    "platform": "Linux-6.8 x86_64, 16 cores, NVIDIA L4",
    "seed": 0,
    "config_text": "task: Route a bank customer's message to one of 77 intents.\n"
    "model: Qwen/Qwen2.5-0.5B-Instruct\ndata:\n  train: data/train.jsonl\n  test: data/test.jsonl\n"
    "prompt: [prompts/short.txt, prompts/labels.txt]\neval: {primary: exact_match, margin: 0.02}\n",
    "digests": {
        "model": "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "tokenizer": "sha256:c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4",
        "template": "sha256:69788796a5b4c3d2e1f00f1e2d3c4b5a",
    },
}


def _base() -> dict[str, Any]:
    """The report of a run that ships."""
    best = _pair("tuned", "few_shot", 0.085, 0.038)
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
                "exact_match": _measured(value, half),
                "token_f1": _measured(min(1, value + 0.041), half * 0.8),
            }
            for name, (value, half) in VALUES.items()
        },
        "comparisons": [
            best,
            _pair("tuned", "prompt", 0.2325, 0.048),
            _pair("tuned", "rag", 0.1625, 0.045),
            _pair("tuned_rag", "few_shot", 0.08, 0.039, 0.02),
            _pair("tuned_rag", "tuned", -0.005, 0.024),
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
            "headline": _headline(best),
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
    return _chosen(_base())


def use_rag() -> dict[str, Any]:
    report = ship()
    _only(report, "prompt", "few_shot", "rag", "nearest")
    _untrained(
        report,
        "rag leaves 1.5 points of headroom on validation, less than the margin of 2.0 points.",
    )
    report["arms"]["rag"] = {
        "exact_match": _measured(0.975, 0.016),
        "token_f1": _measured(0.981, 0.013),
    }
    pair = _pair("rag", "few_shot", 0.2175, 0.042)
    report |= {
        "verdict": "use_rag",
        "reasons": ["rag is right on 97.5 % of the items; nothing is left for training to gain."],
        "next": "Serve the base model with retrieval: 5 passages, prompt prompts/labels.txt.",
        "comparisons": [pair],
    }
    report["details"] |= {
        "headline": _headline(pair),
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
        _gate(
            "forgetting",
            "fail",
            "Mean loss on 64 general passages rose by 0.412 nats per token (95 % interval 0.371 to"
            " 0.453; margin 0.1).",
        ),
        _gate(
            "refusals",
            "inconclusive",
            "Right on 41 of 44 cases, before on 43 of 44: the interval -12.1 to +2.4 points"
            " includes the margin of -5.0.",
        )
        | {"waived_by": {"by": "Dana Reyes", "reason": "The service sees staff messages only."}},
        GATES[2],
        _gate("latency", "pass", "p95 is 31 ms, the bound 800 ms.") | {"required": False},
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
    pair = _pair("tuned", "prompt", 0.031, 0.049, 0.05)
    report["arms"] = {
        "tuned": {"exact_match": _measured(0.646, 0.066, 200)},
        "prompt": {"exact_match": _measured(0.615, 0.068, 200)},
        "nearest": {"exact_match": _measured(0.64, 0.066, 200)},
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
        "headline": _headline(pair),
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

ATTACK = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>"
    "<a href=javascript:alert(4)>x</a><iframe src=https://evil.example></iframe>"
    "' onmouseover='alert(5)' \" style=\"background:url(https://evil.example/x)\" </style></title>"
    "--><!--]]> [bold red]markup[/] &lt;b&gt; \x1b[31mred\x1b[0m \x1b]0;title\x07 \x00 \r over"
    " \u202egnp.exe\u202c \u200b \ufeff \u2028 \ud800 e" + "\u0301" * 60
)


def hostile() -> dict[str, Any]:
    """Every text of a report that ships is an attack, one is a megabyte, figures are missing."""
    report: dict[str, Any] = _poison(ship())
    report |= {"verdict": "ship", "schema_version": 1}
    report["details"]["split"] = "test"
    report["details"]["failures"]["duels"][0]["lost"][0]["candidate"] = "A" * 1_000_000
    report["details"]["failures"]["duels"][0]["lost"][0]["baseline"] = "line\n" * 50_000
    report["details"]["training"]["losses"][3][1] = math.nan
    report["details"]["training"]["validation_losses"][2][1] = math.inf
    name = next(iter(report["arms"]))
    metric = next(iter(report["arms"][name]))
    report["arms"][name][metric] = {"value": math.nan, "low": None, "high": math.inf, "n": 0}
    report["comparisons"][0] |= {"difference": math.nan, "low": None, "high": None}
    report["details"]["headline"] |= {"difference": math.nan, "low": None, "high": None}
    report["cost"]["per_1000"][name] = math.nan
    return report


KEEP = {"result", "kind", "lamps"}


def _poison(value: Any) -> Any:
    if isinstance(value, str):
        return f"{value} {ATTACK}"
    if isinstance(value, list):
        return [_poison(part) for part in value]
    if isinstance(value, dict):
        named = {"arms", "per_1000", "stages", "kept", "dropped", "settings", "digests", "counts"}
        named |= {"scores", "calibrations", "unscored"}
        return {
            key: part
            if key in KEEP
            else {f"{inner} {ATTACK}": _poison(deep) for inner, deep in part.items()}
            if key in named and isinstance(part, dict)
            else _poison(part)
            for key, part in value.items()
        }
    return value


@pytest.fixture(params=SAMPLES)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each sample report in turn."""
    return copy.deepcopy(SAMPLES[request.param]())


@pytest.fixture
def sample() -> Any:
    """Makes the sample report of a name."""
    return lambda name: copy.deepcopy({**SAMPLES, "hostile": hostile}[name]())
