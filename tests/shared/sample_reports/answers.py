"""Wrong answers by kind and topic."""

from __future__ import annotations

from typing import Any

from sample_reports.arms import LOST, WINS


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
