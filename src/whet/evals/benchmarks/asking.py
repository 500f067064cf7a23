"""A benchmark's questions asked of one model: a score for every item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from whet.errors import MissingExtraError
from whet.evals.benchmarks.files import Benchmark

if TYPE_CHECKING:
    from whet.evals.benchmarks.model import BenchmarkModel


@dataclass(frozen=True, slots=True)
class ItemScore:
    """The score of one item, 0 or 1, and the answer it was given for (a letter, or a text)."""

    id: str
    score: float
    answer: str


def require_bench() -> None:
    """Refuses to go on without lm-eval.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    if find_spec("lm_eval") is None:
        raise MissingExtraError("lm-eval", "bench", "Asking a public benchmark")


def ask(
    model: BenchmarkModel,
    benchmark: Benchmark,
    *,
    shots: int | None = None,
    chat_template: bool = False,
) -> list[ItemScore]:
    """Every item of the slice, in its order.

    Raises:
        MissingExtraError: lm-eval is missing.
        ConfigError: more worked examples are asked for than the files have.
    """
    require_bench()
    from whet.evals.benchmarks.tasks import PRIMARY, quiet, tasks

    metric, kind = PRIMARY[benchmark.name]
    made = tasks(benchmark, shots)
    samples = evaluated(model, made, chat_template=chat_template)
    found = []
    with quiet():
        for (name, _), part in zip(made.items(), benchmark.parts.values(), strict=True):
            rows = {row["doc_id"]: row for row in samples[name] if row["filter"] == kind}
            found += [
                ItemScore(item, float(rows[number][metric]), _answer(rows[number]))
                for number, item in enumerate(part.docs)
            ]
    return found


def evaluated(model: Any, made: dict[str, Any], *, chat_template: bool = False) -> dict[str, Any]:
    """lm-eval's own record of each item, by task: prompts, answers and scores."""
    from lm_eval.evaluator import evaluate

    from whet.evals.benchmarks.tasks import quiet

    with quiet():
        found = evaluate(
            model,
            {"tasks": made, "groups": {}},
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=chat_template,
        )
    assert found is not None, "this process is the only one"
    samples: dict[str, Any] = found["samples"]
    return samples


def _answer(row: dict[str, Any]) -> str:
    told: Sequence[Any] = row["filtered_resps"]
    if len(told) == 1:
        return str(told[0])
    scores = [float(pair[0]) for pair in told]
    return "ABCD"[scores.index(max(scores))]
