"""HumanEval: the model completes a function, and the problem's own tests run in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whet.evals.benchmarks.asking import ItemScore, require_bench
from whet.evals.benchmarks.files import Benchmark, Doc
from whet.evals.benchmarks.sandbox import passes

if TYPE_CHECKING:
    from whet.evals.benchmarks.model import BenchmarkModel

NO_CONSENT = (
    "HumanEval was not run: it runs code that the models write. Consent with"
    " gates.ability.allow_code: true."
)


def ask_code(model: BenchmarkModel, benchmark: Benchmark) -> list[ItemScore]:
    """pass@1 of greedy completions, asked as lm-eval's task `humaneval` does. Runs their code."""
    require_bench()
    from whet.evals.benchmarks.tasks import HUMANEVAL

    (part,) = benchmark.parts.values()
    docs = list(part.docs.values())
    answers = model.spelt([doc["prompt"] for doc in docs], HUMANEVAL)
    return scored(list(part.docs), docs, answers)


def scored(ids: Sequence[str], docs: Sequence[Doc], answers: Sequence[str]) -> list[ItemScore]:
    """Whether each completion passes its problem's tests."""
    return [
        ItemScore(item, float(passes(program(doc, answer))), answer)
        for item, doc, answer in zip(ids, docs, answers, strict=True)
    ]


def program(doc: Doc, answer: str) -> str:
    """The problem, a completion, and the problem's tests."""
    return f"{doc['prompt']}{answer}\n{doc['test']}\ncheck({doc['entry_point']})\n"
