"""Arms, their scores and comparisons, gates."""

from __future__ import annotations

from typing import Any

PROMPT = (
    "Route the customer's message to one intent. Answer with the intent's name only.\n"
    "Intents: activate_my_card, card_arrival, card_not_working, lost_or_stolen_card, ..."
)


def measured(value: float, half: float, n: int = 400) -> dict[str, Any]:
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


def compared(a: str, b: str, gain: float, half: float, level: float = 0.04) -> dict[str, Any]:
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


def headline(pair: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in pair.items() if key != "method"}


def gate(
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
    gate(
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
    gate(
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
    gate("ability", "not_run", "Not named under gates.") | {"required": False},
    gate(
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
