"""Keys under `train`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from whet.config.section import Section, Words


class TrainConfig(Section):
    """One training run. Where the guides disagree, `docs/config.md` says so."""

    objective: Literal["sft", "dpo", "orpo", "kto", "distil"] = "sft"
    """`sft` imitates answers; `dpo` and `orpo` learn from preference pairs, `kto` from answers
    judged good or bad; `distil` imitates answers and a teacher's probabilities for them."""
    beta: float = Field(default=0.1, gt=0)
    """`dpo`, `kto`: how far from its start the model is held (larger: nearer); `orpo`: the weight
    of the preference beside imitation, the paper's lambda. The others have no use for it."""
    teacher: str | None = None
    """`distil`: a local folder or hub id of a model with the same tokenizer."""
    teacher_share: float = Field(default=0.5, gt=0, le=1)
    """`distil`: weight of the teacher's probabilities; the rest is for the answers themselves."""
    teacher_temperature: float = Field(default=1.0, gt=0)
    """`distil`: above 1 the teacher's less likely tokens count for more."""
    method: Literal["lora", "qlora", "full"] = "lora"
    """`lora` trains low-rank adapters on every linear layer, `full` all weights. `qlora` is `lora`
    on a base whose linear layers are in 4 bits (NF4): a quarter of the memory; judged so too."""
    rank: int = Field(default=16, ge=1, le=1024)
    """LoRA rank r."""
    alpha: float = Field(default=16, gt=0)
    """LoRA scale: updates are multiplied by alpha / rank."""
    rslora: bool = False
    """Scale by alpha / sqrt(rank) instead (rank-stabilised LoRA)."""
    dora: bool = False
    """Train the length of each weight row apart from its direction (DoRA): slower, more memory."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """LoRA dropout. Above 0 shared prefixes are computed once per row, which is slower."""
    target_modules: Words = ("all-linear",)
    """Names of the linear layers to adapt; `all-linear` is every one but the output head."""
    epochs: float = Field(default=3, gt=0, le=1000)
    """At most so many passes; the best state on validation is kept."""
    batch_size: int = Field(default=16, ge=1)
    """Examples in an optimizer step. How they are packed is the engine's affair."""
    learning_rate: float = Field(default=2e-4, gt=0, lt=1)
    """Peak learning rate. LoRA likes 1e-4 to 5e-4, full fine-tuning 1e-5 to 5e-5."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after warm-up."""
    warmup_fraction: float = Field(default=0.03, ge=0, lt=1)
    """Share of the steps in which the learning rate rises from zero."""
    optimizer: Literal["adamw", "adamw_8bit"] = "adamw"
    """`adamw_8bit` keeps the optimizer's state in 8 bits: a quarter of its memory."""
    weight_decay: float = Field(default=0.01, ge=0)
    """AdamW's decoupled weight decay."""
    clip_norm: float = Field(default=1.0, ge=0)
    """Largest norm of the gradient; 0 clips nothing."""
    evals_per_epoch: int = Field(default=3, ge=1)
    """How often the validation loss is measured."""
    patience: int = Field(default=3, ge=0)
    """Stop after so many measurements without a better validation loss; 0 never stops early."""
    max_length: int | None = Field(default=None, ge=8)
    """Longest row in tokens; empty means the longest row there is. Nothing is cut in silence."""
    turns: Literal["all", "last"] = "all"
    """Which answers of a conversation are learnt; those of `weight` 0 never are. Of a pair these
    are all after the common prompt, of a judged row the last."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """`auto`: bfloat16 where it is native and faster, else float16 on a GPU, else float32."""
    sharding: Literal["none", "full"] = "none"
    """Under torchrun, `full` cuts the model's weights over the processes (FSDP2): for a model that
    one device cannot hold. Otherwise each holds all of it, which is faster."""
    seed: int = Field(default=0, ge=0)
    """Every random choice of training derives from it."""
    seeds: int = Field(default=1, ge=1, le=10)
    """Adapters to train, with seeds `seed`, `seed + 1`, ...; the best on validation is judged."""

    @model_validator(mode="after")
    def _magnitudes_of_an_adapter(self) -> TrainConfig:
        if self.dora and self.method == "full":
            raise ValueError("`dora` needs an adapter: `method` lora or qlora")
        return self

    @model_validator(mode="after")
    def _teacher_where_taught(self) -> TrainConfig:
        if self.objective == "distil" and not self.teacher:
            raise ValueError("`objective: distil` needs `teacher`, a model with the same tokenizer")
        if self.teacher and self.objective != "distil":
            raise ValueError(f"`teacher` goes with `objective: distil`, not {self.objective}")
        return self
