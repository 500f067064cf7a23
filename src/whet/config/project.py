"""The whole of `whet.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from whet.config.arms import ArmConfig, FewShotConfig, GenerateConfig, RagConfig
from whet.config.data import CleanConfig, DataConfig
from whet.config.evaluation import EvalConfig
from whet.config.gates import GatesConfig
from whet.config.judges import JudgeConfig, ReviewConfig
from whet.config.section import Section, Words
from whet.config.train import TrainConfig


class CostConfig(Section):
    """What time costs, so that the report can say what 1,000 answers and the training cost."""

    per_hour: float | None = Field(default=None, ge=0)
    """Price of an hour of this machine; empty means that only time is reported."""
    upkeep_per_month: float | None = Field(default=None, ge=0)
    """What keeping a trained model alive takes a month: checks, retraining, people. Three to five
    times the training in a year is usual."""
    currency: str = "USD"
    """The name of the money."""


class Config(Section):
    """A project: its task, model, data, baselines, training, evaluation and gates."""

    task: str = ""
    """One sentence that says what the model is for. Shown in the report."""
    model: str
    """`whet-nano` (bundled), a hub id, or a local folder."""
    template: str | None = None
    """A Jinja chat template file, for a model that has none or a wrong one."""
    data: DataConfig
    """Where the examples are."""
    clean: CleanConfig = CleanConfig()
    """What `whet clean` repairs."""
    prompt: Words = ()
    """Files with your best prompts: the better one on validation is the baseline."""
    tuned_prompt: str = "same"
    """What tuned arms, training and export use: `same` as the baseline, `none`, or a file."""
    few_shot: FewShotConfig = FewShotConfig()
    """The few-shot baseline."""
    rag: RagConfig | None = None
    """The retrieval arms; without it none are run."""
    arms: dict[str, ArmConfig] = Field(default={})
    """More ways to answer to compare with, by name."""
    train: TrainConfig = TrainConfig()
    """How to train."""
    eval: EvalConfig = EvalConfig()
    """What decides."""
    gates: GatesConfig = GatesConfig()
    """What must not get worse."""
    judge: JudgeConfig | None = None
    """A model that judges answers; without it none does."""
    review: ReviewConfig = ReviewConfig()
    """Blind comparison by people."""
    generate: GenerateConfig = GenerateConfig()
    """How answers are produced."""
    cost: CostConfig = CostConfig()
    """Prices, for the report."""
    serve_on: Literal["llama.cpp", "vllm", "ollama", "lmstudio", "tgi", "transformers"] = (
        "transformers"
    )
    """Where the model will be served: adapter options are checked against it."""
