"""Where a set is thin: labels, and topics of its inputs, with very few rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from whet.data.checks.labels import labels
from whet.data.checks.vectors import Indices, Placed, Vectors
from whet.data.places import listed, printable
from whet.findings import Finding, Kind, Severity

MIN_ROWS = 100
ROWS_A_TOPIC = 40
MAX_TOPICS = 24
NUM_PASSES = 12
THIN_SHARE = 0.25
"""A topic is thin with less than this share of the rows it would have if all were equal."""
MAX_LIKENESS = 0.5
"""A topic whose middle is nearer than this to another's is a part of that one."""
FEW_ROWS = 10
NUM_WORDS = 3
NUM_SHOWN = 6

_WORD = re.compile(r"[^\W\d_]{3,}")


def coverage(train: Placed) -> list[Finding]:
    """A note on labels with under 10 rows; for other answers on topics with few rows."""
    counts = labels(train.rows)
    return _thin_labels(counts) if counts else _thin_topics(train)


def _thin_labels(counts: Counter[str]) -> list[Finding]:
    few = sorted((count, name) for name, count in counts.items() if count < FEW_ROWS)
    if not few or len(few) > len(counts) / 2:  # a small set as a whole is the affair of `size`
        return []
    shown = listed([f"{name} ({count})" for count, name in few], 8)
    message = f"{len(few)} of {len(counts)} labels have fewer than {FEW_ROWS} rows: {shown}."
    fix = "Add rows of these labels."
    return [Finding(Severity.NOTE, Kind.COVERAGE, message, fix=fix)]


def _thin_topics(train: Placed) -> list[Finding]:
    num_topics = min(len(train.rows) // ROWS_A_TOPIC, MAX_TOPICS)
    if len(train.rows) < MIN_ROWS or num_topics < 2:
        return []
    topics, middles = _topics(train.points, num_topics)
    sizes = np.bincount(topics, minlength=num_topics)
    least = THIN_SHARE * len(train.rows) / num_topics
    alike = middles @ middles.T - np.eye(num_topics)
    apart = alike.max(axis=1) < MAX_LIKENESS
    thin = [
        int(topic)
        for topic in np.argsort(sizes, kind="stable")
        if 0 < sizes[topic] < least and apart[topic]
    ]
    if not thin:
        return []
    names = _names([row.question for row in train.rows], topics, num_topics)
    shown = [
        f"{printable(names[topic], 50)} ({sizes[topic]} rows, such as "
        f"{train.rows[int(np.flatnonzero(topics == topic)[0])].source})"
        for topic in thin[:NUM_SHOWN]
    ]
    message = (
        f"{len(thin)} of some {num_topics} topics of the inputs, named by their words, have few "
        f"rows: {listed(shown)}."
    )
    fix = "Add rows where users will ask such things."
    return [Finding(Severity.NOTE, Kind.COVERAGE, message, fix=fix)]


def _topics(points: Vectors, num_topics: int) -> tuple[Indices, Vectors]:
    """The topic of each row, and the middles: spherical k-means from far-apart first middles."""
    centres = [points.mean(axis=0)]
    likeness = points @ centres[0]
    while len(centres) <= num_topics:
        centres.append(points[int(likeness.argmin())])
        likeness = np.maximum(likeness, points @ centres[-1])
    middles = np.array(centres[1:])
    topics = np.zeros(len(points), dtype=np.int64)
    for _ in range(NUM_PASSES):
        topics = (points @ middles.T).argmax(axis=1)
        for topic in range(num_topics):
            members = points[topics == topic]
            if len(members):
                middle = members.mean(axis=0)
                middles[topic] = middle / max(float(np.linalg.norm(middle)), 1e-9)
    return topics, middles


def _names(texts: Sequence[str], topics: Indices, num_topics: int) -> list[str]:
    """The words of each topic that the others use least."""
    used: list[Counter[str]] = [Counter() for _ in range(num_topics)]
    total: Counter[str] = Counter()
    for text, topic in zip(texts, topics.tolist(), strict=True):
        words = {word.casefold() for word in _WORD.findall(text[:500])}
        used[topic].update(words)
        total.update(words)
    return [
        " ".join(
            sorted(words, key=lambda word: (-(words[word] ** 2) / total[word], word))[:NUM_WORDS]
        )
        for words in used
    ]
