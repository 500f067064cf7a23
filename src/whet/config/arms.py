"""Keys about who answers and how: few-shot, retrieval, further arms, decoding."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from whet.config.section import Counts, Section, Words


class FewShotConfig(Section):
    """The few-shot baseline: similar training examples shown before the question."""

    counts: Counts = (2, 4, 8)
    """Numbers of examples to try on validation; the best one is the baseline."""


class RagConfig(Section):
    """The retrieval baseline: passages of your documents shown with the question."""

    documents: str
    """A folder of .md, .txt or .jsonl files; long ones are cut into passages of 200 words."""
    passages: Counts = (3, 5)
    """Numbers of passages to try on validation."""
    train_share: float = Field(default=0.5, ge=0, le=1)
    """Share of the training rows that are shown with retrieved passages."""


class PriceConfig(Section):
    """What an endpoint takes for a million tokens."""

    input: float = Field(ge=0)
    """For a million tokens read."""
    output: float = Field(ge=0)
    """For a million tokens written."""


class ArmConfig(Section):
    """One more way to answer, to compare with: an endpoint, an adapter, or ready answers."""

    endpoint: str | None = None
    """Base URL of an OpenAI-compatible API, e.g. https://api.example.com/v1."""
    model: str | None = None
    """The model to ask for at the endpoint, or a local model or hub id."""
    adapter: str | None = None
    """A PEFT adapter folder on `model` (the project's model if none is named)."""
    predictions: str | None = None
    """A file of ready answers (JSONL or CSV with id or input, and answer)."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the endpoint's key. Keys never stand in a file."""
    price: PriceConfig | None = None
    """Prices of the endpoint, in `cost.currency`, for the report's cost of 1,000 answers."""

    @model_validator(mode="after")
    def _one_source(self) -> ArmConfig:
        if self.price and not self.endpoint:
            raise ValueError("`price` goes with `endpoint`; this machine's is `cost.per_hour`")
        if self.endpoint and not self.model:
            raise ValueError("an endpoint needs `model`, the name to ask for")
        if self.endpoint and (self.adapter or self.predictions):
            raise ValueError("`endpoint` goes with neither `adapter` nor `predictions`")
        if self.predictions and (self.adapter or self.model):
            raise ValueError("`predictions` are ready answers: no model or adapter is used")
        if not (self.endpoint or self.model or self.adapter or self.predictions):
            raise ValueError("name an endpoint with a model, a model, an adapter or predictions")
        return self


class GenerateConfig(Section):
    """How answers are produced, for all arms alike."""

    temperature: float = Field(default=0.0, ge=0, le=2)
    """0 is greedy: the same answer every time."""
    max_new_tokens: int = Field(default=256, ge=1)
    """Longest answer in tokens."""
    stop: Words = ()
    """Further strings that end an answer, beside the template's stop token."""
    choices: Literal["none", "auto"] | tuple[str, ...] = "none"
    """A closed set that is ranked by likelihood; `auto` takes it from the training answers."""

    @model_validator(mode="before")
    @classmethod
    def _choices_as_tuple(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("choices"), list):
            return {**data, "choices": tuple(data["choices"])}
        return data
