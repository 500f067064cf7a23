"""The whole failure analysis of one arm, as `failures.json` keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from whet.data.checks.vectors import placed
from whet.evals.confusion import confusion
from whet.evals.failures.advice import advice
from whet.evals.failures.categories import Category, Found, Wrong, categorise
from whet.evals.failures.duels import MAX_SHOWN, Duel, agreed_wrong, duels
from whet.evals.failures.findings import Findings
from whet.evals.failures.habits import Habits, habits
from whet.evals.failures.material import Material
from whet.evals.failures.needs import by_distance, by_label, by_slice, disagreements
from whet.evals.failures.parts import WrongPart
from whet.evals.failures.phrases import phrases
from whet.evals.failures.topics import Topic, topics

FORMAT = 1
MAX_SHOWN_OF_A_CATEGORY = 3
MAX_LABELS = 30
MAX_PAIRS = 10
MAX_AGREED = 6
BY_WORDS = "shared words (TF-IDF)"
BY_MEANING = "meaning (embedding)"


def analyse(material: Material) -> dict[str, Any]:
    """Where an arm goes wrong, against whom it wins and loses, what the data lacks, what to do.

    Plain JSON values. Every list that is cut says of how many.
    """
    known = habits(material.train, material.choices)
    found = {arm: _categories(material, arm, known) for arm in material.answers}
    own = found[material.arm]
    train, items = placed([material.train, material.items], material.embed)
    whole = len(items.rows) == len(material.items)
    said = disagreements(train) if known.labels else None
    questions = [item.question for item in material.items]
    method = BY_MEANING if material.embed is not None else BY_WORDS
    wrong = material.wrong(material.arm)
    parts = wrong_parts(material, known)
    confused = _pairs(material, known)
    findings = Findings(
        material,
        own,
        confused,
        by_label(material, said) if known.labels else [],
        said,
        by_distance(material, train, items, method) if whole else None,
        by_slice(material),
        topics(questions, items.points, wrong) if whole else [],
        parts,
        phrases(questions, wrong, [row.question for row in material.train]),
        duels(material, bool(known.labels)),
        agreed_wrong(material),
    )
    return {
        "format": FORMAT,
        "arm": material.arm,
        "metric": material.metric,
        "bar": material.bar,
        "items": len(material.items),
        "unscored": sum(answer.score is None for answer in material.answers[material.arm]),
        "wrong": len(own),
        "categories": _by_category(material, found),
        "parts": [asdict(part) for part in parts],
        "phrases": [asdict(phrase) for phrase in findings.phrases],
        "confused": [{"gold": g, "answered": a, "count": n} for g, a, n in confused[:MAX_PAIRS]],
        "num_confused": len(confused),
        "topics": [_topic(material, topic, own) for topic in findings.topics],
        "topics_by": method,
        "duels": [_duel(material, duel) for duel in findings.duels],
        "agreed": [_item(material, place) for place in findings.agreed[:MAX_AGREED]],
        "num_agreed": len(findings.agreed),
        "labels": [asdict(need) for need in findings.labels[:MAX_LABELS]],
        "num_labels": len(findings.labels),
        "distance": _distance(material, findings),
        "slices": [asdict(each) for each in findings.slices],
        "next": advice(findings),
    }


def _categories(material: Material, arm: str, known: Habits) -> list[tuple[int, Found]]:
    """The places that an arm answered wrongly, each with its category."""
    answers = material.answers[arm]
    return [
        (place, categorise(Wrong(material.items[place], answers[place], known, material)))
        for place in material.wrong(arm)
    ]


def _by_category(
    material: Material, found: dict[str, list[tuple[int, Found]]]
) -> list[dict[str, Any]]:
    """Each category that any arm has, in the order of the rules: counts by arm, and examples."""
    counts = {arm: Counter(each.category for _, each in rows) for arm, rows in found.items()}
    rows = []
    for category in Category:
        if not any(count[category] for count in counts.values()):
            continue
        ours = [(place, each) for place, each in found[material.arm] if each.category is category]
        shown = [
            _item(material, place) | {"why": each.why}
            for place, each in ours[:MAX_SHOWN_OF_A_CATEGORY]
        ]
        rows.append(
            {
                "category": category.value,
                "description": category.description,
                "counts": {arm: count[category] for arm, count in counts.items()},
                "shown": shown,
            }
        )
    return rows


def _item(material: Material, place: int) -> dict[str, Any]:
    """An item as it is shown: where it stands, what was asked, what is right, what was answered."""
    item = material.items[place]
    return {
        "id": item.id,
        "source": item.source,
        "question": item.question,
        "gold": item.answer,
        "answer": material.answers[material.arm][place].text,
    }


def _against(material: Material, place: int, other: str) -> dict[str, Any]:
    item = _item(material, place)
    candidate = item.pop("answer")
    theirs = material.answers[other][place].text
    return item | {"candidate": candidate, "baseline": theirs}


def _duel(material: Material, duel: Duel) -> dict[str, Any]:
    return {
        "other": duel.other,
        "num_won": len(duel.won),
        "num_lost": len(duel.lost),
        "alike": duel.alike,
        "both_wrong": duel.both_wrong,
        "won": [_against(material, place, duel.other) for place in duel.won[:MAX_SHOWN]],
        "lost": [_against(material, place, duel.other) for place in duel.lost[:MAX_SHOWN]],
        "by_label": [
            {"label": name, "won": won, "lost": lost} for name, won, lost in duel.by_label
        ],
    }


def _topic(material: Material, topic: Topic, own: Sequence[tuple[int, Found]]) -> dict[str, Any]:
    kinds = {place: found.category.value for place, found in own}
    shown = [_item(material, place) | {"why": kinds[place]} for place in topic.shown]
    return asdict(topic) | {"shown": shown}


def _pairs(material: Material, known: Habits) -> list[tuple[str, str, int]]:
    """All confused labels, the most confused first; none where the answers are no closed set."""
    if not known.labels:
        return []
    golds = [item.answer for item in material.items]
    answers = [answer.text for answer in material.answers[material.arm]]
    return confusion(golds, answers, tuple(known.labels.values())).most_confused(len(golds))


def wrong_parts(material: Material, known: Habits) -> list[WrongPart]:
    """Which part is wrong how often, the worst first; none where answers have no parts."""
    swapped: dict[str, Counter[tuple[str, str]]] = {}
    if known.shape is None:
        return []
    for place in material.wrong(material.arm):
        answer, gold = material.answers[material.arm][place].text, material.items[place].answer
        for name, right, said in known.shape.differences(answer, gold):
            swapped.setdefault(name, Counter())[right, said] += 1
    found = []
    for name, pairs in swapped.items():
        (right, said), times = min(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        found.append(WrongPart(name, pairs.total(), right, said, times))
    return sorted(found, key=lambda part: (-part.wrong, part.name))


def _distance(material: Material, findings: Findings) -> dict[str, Any] | None:
    found = findings.distance
    if found is None:
        return None
    shown = [_item(material, place) for place in found.shown[:MAX_SHOWN_OF_A_CATEGORY]]
    return {
        "method": found.method,
        "far": {"wrong": found.far[0], "items": found.far[1], "likeness": found.far_likeness},
        "near": {"wrong": found.near[0], "items": found.near[1], "likeness": found.near_likeness},
        "shown": shown,
    }
