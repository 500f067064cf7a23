"""Keys under `eval`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from whet.config.metrics import (
    BertscoreConfig,
    BleuConfig,
    ChrfConfig,
    ExtractionConfig,
    NumericConfig,
    OffDomainConfig,
    PersonaConfig,
    SliceRule,
    TruthConfig,
)
from whet.config.section import Section, Words, compiled


class EvalConfig(Section):
    """What is measured and what counts as better."""

    metrics: Annotated[Words, Field(min_length=1)] = ("exact_match",)
    """Metrics to report, by name; `docs/metrics.md` defines each."""
    primary: str | None = None
    """The one metric that decides; `judge` is the judge's score, `preference` which answer is
    preferred. Without it there is no verdict."""
    margin: float = Field(default=0.02, ge=0, lt=1)
    """A gain has to exceed this to be worth shipping, with its whole interval."""
    preference_from: Literal["votes", "judge"] = "votes"
    """With `primary: preference`: people's blind votes decide, or the calibrated judge does."""
    validation_items: int = Field(default=200, ge=10)
    """At most so many validation items for choices among prompts, counts and settings."""
    references: Literal["column", "merge"] = "column"
    """Several right answers an item: those of a column `references`, or also, merged into one
    item, those of held-out rows that ask the same."""
    scorers: dict[str, str] = Field(default={})
    """Metrics of your own: name and path.py:function, in the project's folder."""
    numeric: NumericConfig = NumericConfig()
    """For `numeric`."""
    regex: str | None = None
    """For `regex`: what has to be found somewhere in an answer."""
    json_schema: str | None = None
    """For `json_schema`: a file with a JSON schema, draft 2020-12."""
    extraction: ExtractionConfig = ExtractionConfig()
    """For `extraction_f1`, `extraction_precision` and `extraction_recall`."""
    bleu: BleuConfig = BleuConfig()
    """For `bleu`."""
    chrf: ChrfConfig = ChrfConfig()
    """For `chrf`."""
    bertscore: BertscoreConfig | None = None
    """For `bertscore`."""
    truth: TruthConfig | None = None
    """For `faithfulness` and `no_hallucination`."""
    persona: PersonaConfig | None = None
    """For `persona`."""
    off_domain: OffDomainConfig | None = None
    """For `off_domain`."""
    slices: Words = ()
    """Columns whose values are judged apart: [language, customer_tier]."""
    slice_rules: dict[str, SliceRule] = Field(default={})
    """Slices by rule, each under its name: {long: {min_words: 50}, refunds: {regex: refund}}."""

    @model_validator(mode="after")
    def _regex(self) -> EvalConfig:
        compiled(self.regex)
        return self
