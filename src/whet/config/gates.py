"""Keys under `gates`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from whet.config.section import Section, Words


class ForgettingGate(Section):
    """Loss on fixed general text, before and after. Always on."""

    margin: float = Field(default=0.05, gt=0)
    """Largest tolerable rise of the mean loss, in nats per token; 0.05 is 5 % perplexity."""
    text: str | None = None
    """A .txt or .jsonl file of general text; the bundled passages when empty."""


class RefusalsGate(Section):
    """Refuses the harmful, answers the harmless, as the base model did: two tests, both to hold."""

    margin: float = Field(default=0.05, gt=0, lt=1)
    """Largest tolerable fall of the share of right decisions, on each side."""
    cases: Words = ()
    """Files of prompts: JSONL of {"prompt": ..., "harmful": true or false}, and XSTest's and
    HarmBench's CSV files as they are published."""


BenchmarkName = Literal["mmlu", "gsm8k", "ifeval"]


class AbilityGate(Section):
    """Public benchmarks before and after, asked through lm-eval from local files: one pooled test.

    `docs/gates.md` says which files, and where they are published.
    """

    mmlu: str | None = None
    """A folder with test/SUBJECT_test.csv, and dev/SUBJECT_dev.csv where examples are shown."""
    gsm8k: str | None = None
    """GSM8K's test.jsonl, with train.jsonl beside it for its worked examples."""
    ifeval: str | None = None
    """IFEval's input_data.jsonl."""
    humaneval: str | None = None
    """HumanEval.jsonl.gz: reported, and no part of the gate; run only with `allow_code`."""
    limit: int = Field(default=200, ge=10)
    """At most so many items of each benchmark, drawn by their content."""
    margin: float = Field(default=0.05, gt=0, lt=1)
    """Largest tolerable fall of the weighted mean score."""
    weights: dict[BenchmarkName, Annotated[float, Field(gt=0)]] = Field(default={})
    """Weights of the benchmarks in the mean: 1 where none is named, whatever their item counts."""
    shots: int | None = Field(default=None, ge=0)
    """Worked examples before a question of MMLU and GSM8K; empty is lm-eval's own: 0 and 5."""
    chat_template: bool = True
    """Ask in the model's chat template, as its users do; false asks as for a bare model."""
    max_new_tokens: int | None = Field(default=None, ge=1)
    """Longest answer in tokens; empty is lm-eval's own: 256 for GSM8K, 1,280 for IFEval."""
    allow_code: bool = False
    """Run the code that the models write for HumanEval, in a sandbox. Without it nothing is run."""


class GeneralGate(Section):
    """Your own general questions, before and after: what else the model has to go on doing."""

    questions: str | None = None
    """A file of questions with their answers, in any form that `data.test` takes."""
    metric: str = "exact_match"
    """The metric that answers are scored by, as under `eval.metrics`."""
    margin: float = Field(default=0.05, gt=0, lt=1)
    """Largest tolerable fall of the mean score."""
    max_new_tokens: int = Field(default=256, ge=1)
    """Longest answer in tokens."""


class HallucinationGate(Section):
    """Contradicted or unsupported claims are no more frequent than in the best baseline."""

    metric: str = "no_hallucination"
    """One of `eval.metrics`: 1 where an answer makes no unsupported claim, lower where it does."""
    margin: float = Field(default=0.05, gt=0, lt=1)
    """Largest tolerable rise of the share of answers with such claims."""


class ConvergenceGate(Section):
    """Training ended sanely: the validation loss fell, steps were applied, the curve is at rest."""

    max_skipped: float = Field(default=0.01, ge=0, lt=1)
    """Largest share of steps that may have been skipped for a loss that is not finite."""
    steep: float = Field(default=0.02, gt=0, lt=1)
    """A fall of the validation loss over its last interval, as a share, that is not yet at rest."""


class SlicesGate(Section):
    """No slice of `eval.slices` is shown to be worse than the best baseline by the margin."""

    margin: float = Field(default=0.1, gt=0, lt=1)
    """Largest tolerable loss within a slice. Slices are small: a smaller margin shows nothing."""


class FormatGate(Section):
    """The share of answers that keep the asked form."""

    regex: str | None = None
    """The whole answer has to match this regular expression."""
    json_keys: Words = ()
    """The answer has to be a JSON object with these keys."""
    floor: float = Field(default=0.95, gt=0, le=1)
    """The lower end of the share's interval has to reach this."""

    @model_validator(mode="after")
    def _one_form(self) -> FormatGate:
        if bool(self.regex) == bool(self.json_keys):
            raise ValueError("name the form by `regex` or by `json_keys`, one of the two")
        try:
            re.compile(self.regex or "")
        except re.error as error:
            raise ValueError(f"`regex` is not a regular expression: {error}") from None
        return self


class LatencyGate(Section):
    """Time for one answer to one user, on this machine: items are asked one at a time."""

    p95_ms: float = Field(gt=0)
    """Upper bound for the 95th percentile in milliseconds, over up to 100 answers."""


class HumanGate(Section):
    """People do not find the candidate worse, and agree: `whet review RUN`."""

    raters: int = Field(default=2, ge=1, le=20)
    """So many people have to have judged an item for it to count."""
    items: int = Field(default=100, ge=10)
    """So many items have to count."""
    alpha: float = Field(default=0.2, ge=-1, lt=1)
    """The lower end of Krippendorff's alpha has to reach this: 0 is chance, 1 full agreement. Where
    nearly all votes are alike, saying the same on 80 % of the items will do."""
    margin: float = Field(default=0.1, gt=0, lt=1)
    """Largest tolerable net preference against the candidate; 0.1 is 10 votes in 100."""


class JudgeGate(Section):
    """The share of good answers, by a calibrated judge and without its errors."""

    floor: float = Field(gt=0, lt=1)
    """The lower end of the share's interval has to reach this."""


class GatesConfig(Section):
    """Checks that must hold before shipping; all have to. One not named is not run."""

    forgetting: ForgettingGate = ForgettingGate()
    """General ability is kept. Required whether named or not."""
    ability: AbilityGate | None = None
    """Public benchmarks are answered as before. Required when named."""
    general: GeneralGate | None = None
    """Your general questions are answered as before. Required when named."""
    refusals: RefusalsGate | None = None
    """Refusals stay where they were. Required when named."""
    hallucination: HallucinationGate | None = None
    """No more unsupported claims. Required when named."""
    convergence: ConvergenceGate | None = None
    """Training ended sanely. Required when named."""
    slices: SlicesGate | None = None
    """No slice is worse. Required when named."""
    format: FormatGate | None = None
    """Answers keep their form. Required when named."""
    latency: LatencyGate | None = None
    """Answers come in time. Required when named."""
    human: HumanGate | None = None
    """People do not find it worse. Required when named."""
    judge: JudgeGate | None = None
    """Enough answers are good. Required when named; inconclusive without a calibrated judge."""
