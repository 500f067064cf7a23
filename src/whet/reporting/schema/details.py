"""What stands behind a verdict: the part of `report.json` under `details`, key by key."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from whet.reporting.schema.failures import Failures
from whet.reporting.schema.judged import Judge
from whet.reporting.schema.measures import Headline, Untouched
from whet.reporting.schema.people import Review
from whet.reporting.schema.slices import Slices
from whet.types import Outcome


class Lamps(TypedDict):
    """The four kinds of evidence, each as one word."""

    automatic: Outcome
    """Metrics on held-out items."""
    human: Outcome
    """Blind review by people."""
    regression: Outcome
    """What the base model could do is kept."""
    safety: Outcome
    """Refusals stay where they were."""


class Latency(TypedDict):
    """Time per answer on this machine."""

    p50: float
    """Median in milliseconds."""
    p95: float
    """95th percentile in milliseconds."""


class Arm(TypedDict):
    """How one arm answered."""

    kind: Literal["baseline", "candidate", "control"]
    """A candidate is trained; a control is reported beside and never chosen."""
    prompt: str
    """The name of its prompt."""
    prompt_text: str
    """The prompt itself; empty where there is none."""
    few_shot: int
    """Examples shown before the question."""
    passages: int
    """Retrieved passages shown with the question."""
    num_prompt_tokens_mean: float | None
    """Mean length of what it was given."""
    num_output_tokens_mean: float | None
    """Mean length of what it answered."""
    latency_ms: Latency | None
    """None where answers were ready-made or cached."""
    cached: int
    """Answers that were taken from the cache."""


class Choice(TypedDict):
    """One option that was tried on validation items."""

    arm: str
    """The arm that it was tried for."""
    option: str
    """A prompt, a count, a setting."""
    score: float
    """Of the primary metric."""
    items: int
    """Validation items that it was tried on."""
    chosen: bool
    """Whether it was taken."""


class Seed(TypedDict):
    """One training of several."""

    seed: int
    """The seed."""
    validation_loss: float | None
    """Its best; None where there was no validation."""
    chosen: bool
    """Whether it was the one judged."""


class Training(TypedDict):
    """One training, the one that was judged."""

    method: str
    """lora or full."""
    steps: int
    """Optimizer steps that were taken."""
    examples: int
    """Examples that were trained on, each counted once."""
    seconds: float
    """Wall time of the training."""
    num_trainable: int
    """Parameters that were trained."""
    num_total: int
    """Parameters of the whole."""
    losses: list[tuple[int, float]]
    """Step and training loss."""
    validation_losses: list[tuple[int, float]]
    """Step and validation loss; empty where there was no validation."""
    best_step: int | None
    """The step whose weights were kept; None where there was nothing to choose by."""
    stopped_early: bool
    """Whether it ended before its last step because validation got no better."""
    diagnosis: list[str]
    """Sentences about the curves."""
    seeds: list[Seed]
    """Every seed that was trained."""
    dtype: str
    """What the arithmetic was done in."""
    peak_memory_bytes: int | None
    """None where the device does not tell."""
    settings: dict[str, Any]
    """The configuration's `train`, resolved."""


class Ledger(TypedDict):
    """Every row accounted for: read = the sum of kept + the sum of dropped."""

    read: int
    """Rows in the files."""
    kept: dict[str, int]
    """Rows by split."""
    dropped: dict[str, int]
    """Rows by reason."""


class Repeat(TypedDict):
    """What it takes to do this again."""

    command: str
    """The command line."""
    whet: str
    """Version."""
    python: str
    """Version."""
    torch: str
    """Version; empty where it was not used."""
    transformers: str
    """Version; empty where it was not used."""
    platform: str
    """Operating system and processor."""
    seed: int
    """The one that all others derive from."""
    config_text: str
    """The resolved configuration."""
    digests: NotRequired[dict[str, str]]
    """Name and digest of what went in: model, tokenizer, template, data. May be missing."""


class Details(TypedDict):
    """What stands behind the verdict."""

    split: Literal["test", "validation"]
    """Which items were judged."""
    primary: str | None
    """The metric that decides; None: no verdict is possible."""
    margin: float
    """The gain that is worth shipping."""
    candidate: str | None
    """The candidate of the headline; None where nothing was trained."""
    baseline: str | None
    """The strongest baseline."""
    use_arm: NotRequired[str | None]
    """The arm that the verdict says to use; None or missing where it names none."""
    headline: Headline | None
    """The one comparison that a reader should see first; None where nothing was compared."""
    arms_level: NotRequired[float]
    """Two-sided error of the arms' own intervals: 0.05 means 95 %. May be missing."""
    lamps: Lamps
    """The four kinds of evidence."""
    arms: dict[str, Arm]
    """How each arm answered."""
    choices: list[Choice]
    """What was tried on validation."""
    training: Training | None
    """None where nothing was trained."""
    failures: Failures | None
    """Where the candidate goes wrong on validation items; None where nothing was analysed."""
    not_analysed: NotRequired[str]
    """Why nothing was analysed. May be missing."""
    slices: NotRequired[Slices | None]
    """Parts of the items, one by one; None or missing where none were asked for."""
    corpus: NotRequired[dict[str, dict[str, dict[str, Any]]]]
    """Figures of all answers of an arm, by arm and name: macro_f1, corpus_bleu. No means of items,
    so they decide nothing. May be missing."""
    review: NotRequired[list[Review] | None]
    """What people said, blind, review by review; None, empty or missing where there is none."""
    judge: NotRequired[Judge | None]
    """A model's judgement of the answers; None or missing where none judged."""
    findings: list[str]
    """What the check of the data said."""
    ledger: Ledger | None
    """None where no data was read, as for ready answers."""
    weak_prompt: bool
    """No prompt was written, so the baseline is weak."""
    untouched: NotRequired[Untouched | None]
    """The same on items that no training row touches; None or missing where none is touched."""
    nothing_trained: str | None
    """Why nothing was trained; None where something was, or where nothing was asked for."""
    repeat: Repeat
    """What it takes to do this again."""
