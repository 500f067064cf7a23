"""Keys under `judge` and `review`: a model that judges, and people who do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from whet.config.arms import PriceConfig
from whet.config.section import Section, Words, as_tuple


class JudgeConfig(Section):
    """A model that judges answers. It decides nothing until it is calibrated against people.
    `docs/judge.md` says how.
    """

    model: str
    """The model to ask for at the endpoint, or a local model or hub id."""
    endpoint: str | None = None
    """Base URL of an OpenAI-compatible API, e.g. https://api.openai.com/v1,
    https://api.anthropic.com/v1 or https://generativelanguage.googleapis.com/v1beta/openai."""
    api_key_env: str | None = None
    """The environment variable that holds the endpoint's key; empty sends none."""
    rubric: str | None = None
    """A text file that says what a good answer is; a general rubric when empty."""
    mode: Annotated[
        tuple[Literal["score", "pairwise"], ...], BeforeValidator(as_tuple), Field(min_length=1)
    ] = ("score", "pairwise")
    """`score` gives each answer a number, `pairwise` compares a candidate's answer with each
    baseline's, in both orders."""
    scale: int = Field(default=5, ge=2, le=100)
    """Scores are whole numbers from 1 to this."""
    passing: int | None = Field(default=None, ge=2)
    """From this score on an answer counts as good; four fifths of the scale when empty."""
    sample: int | None = Field(default=200, ge=1)
    """At most so many items are judged, drawn by their ids; empty judges all."""
    spot_check: float = Field(default=0.1, ge=0.05, le=1)
    """Share of the judged items that is drawn for people to look at."""
    calibration: str | None = None
    """People's labels (JSONL), or the calibration.json of an earlier run with the same judge and
    rubric."""
    kappa_floor: float = Field(default=0.4, ge=0, lt=1)
    """The lower end of Cohen's kappa has to reach this before the judge decides anything."""
    price: PriceConfig | None = None
    """Prices, in `cost.currency`. Without them nothing is known about money."""
    budget: float | None = Field(default=None, ge=0)
    """The most that judging in one run may cost; it stops before. Needs `price`."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """Some endpoints take nothing but 1."""
    max_new_tokens: int = Field(default=1024, ge=16)
    """Longest verdict in tokens. Models that think before they answer need more."""
    concurrency: int = Field(default=8, ge=1, le=256)
    """Requests under way at once."""

    @model_validator(mode="after")
    def _consistent(self) -> JudgeConfig:
        if self.budget is not None and self.price is None:
            raise ValueError("`budget` needs `price: {input: ..., output: ...}`")
        if self.endpoint is None and (self.price or self.api_key_env):
            raise ValueError("`price` and `api_key_env` go with `endpoint`")
        if self.passing is not None and self.passing > self.scale:
            raise ValueError(f"`passing` is {self.passing}, and the scale ends at {self.scale}")
        if len(set(self.mode)) < len(self.mode):
            raise ValueError("`mode` names one of its modes twice")
        return self


class ReviewConfig(Section):
    """Blind comparison of answers by people: `whet review RUN`. Frozen before the first vote."""

    instructions: str = ""
    """What raters are told to look for. Shown before they begin, and frozen with the items."""
    criteria: Words = ()
    """What raters rate both answers by, beside their preference: [correct, friendly]. A column
    `criteria` of the test rows adds to them for that row."""
    tags: Words = ("wrong", "incomplete", "too long", "tone", "format", "unsafe")
    """Labels that raters may put on a comparison."""
    items: int = Field(default=100, ge=1)
    """So many of the judged items are drawn for people; all where there are fewer."""
    raters: int = Field(default=2, ge=1, le=20)
    """So many people get a link of their own."""
    votes_per_item: int | None = Field(default=None, ge=1, le=20)
    """So many of the raters see each item; all of them when empty."""
    repeats: float = Field(default=0.05, ge=0, le=0.5)
    """Share of its comparisons that each rater gets a second time, to see how consistent."""
    show_gold: bool = False
    """Show the gold answer below, to be edited. It pulls raters towards its wording."""
    graded: bool = False
    """Count "slightly better" as half a vote. Otherwise a preference is a preference."""
