"""Every key of `whet.yaml`. The docstring under a field is its only description.

The command line's help, `docs/config.md` and the JSON schema are made from this file. Reading
a file (YAML, line numbers, overrides, all faults at once) is in `configfile.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _as_tuple(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Counts = Annotated[
    tuple[Annotated[int, Field(ge=1)], ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, int) else _as_tuple(value)),
]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """Strict and frozen: an unknown key or a wrong type is an error, never a guess."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class SplitConfig(Section):
    """How one file is divided. No split is made that was not asked for."""

    validation: Fraction | None = None
    """Share of the rows for validation (settings are chosen on it), cut from what is not test."""
    test: Fraction | None = None
    """Share of the rows for the test set. Leave out when `data.test` names a file."""
    group_by: str | None = None
    """A column whose rows stay on one side together: customer, document, conversation."""
    time_by: str | None = None
    """A column of dates or numbers: the newest rows are test, the newest of the rest validation."""
    stratify: str | None = None
    """A column, or `answer`: each of its values is divided in the shares asked for."""

    @model_validator(mode="after")
    def _one_rule(self) -> SplitConfig:
        if self.time_by and self.stratify:
            raise ValueError("`time_by` and `stratify` are two rules for one split; keep one")
        rule = "time_by" if self.time_by else "stratify" if self.stratify else None
        if rule and self.validation is None and self.test is None:
            raise ValueError(f"`{rule}` needs a share: `test` or `validation`")
        return self


class DataConfig(Section):
    """Where the examples are and what to do with rows that cannot be used as they are."""

    train: Annotated[Words, Field(min_length=1)]
    """Files, folders or hub ids (org/name:split): JSONL, JSON, CSV, TSV, Parquet, Arrow or text."""
    validation: Words = ()
    """Files for validation, when they are not cut from train by `split.validation`."""
    test: Words = ()
    """Held-out files. Nothing is chosen on them; each look at them is counted."""
    benchmarks: Words = ()
    """Files of benchmarks you will report (JSONL, JSON, CSV): training rows that hold an item of
    theirs are named. All their text columns are looked for; nothing else is done with them."""
    split: SplitConfig = SplitConfig()
    """Cut validation and test from `train` by content hash; equal rows stay on one side. Without
    shares, files whose column `split` names splits are divided by it."""
    columns: dict[str, str] = {}
    """Only where names must be mapped, e.g. {input: text, output: category}."""
    roles: dict[str, Literal["system", "user", "assistant", "tool"]] = {}
    """Only where roles must be mapped, e.g. {bot: assistant}."""
    on_leak: Literal["error", "drop_train", "drop_test"] = "error"
    """A held-out row that is (nearly) in training too: stop, or drop it from the named side. Near
    copies that `split` itself has parted leave the side that is held out less, and it is said."""
    on_too_long: Literal["error", "drop", "truncate_left", "truncate_right"] = "error"
    """A training row longer than `train.max_length`: stop, drop it, or cut its prompt."""


RepairName = Literal[
    "broken", "secrets", "personal_data", "encoding", "quotes", "whitespace", "labels",
    "refusals", "duplicates", "near_duplicates", "leaks_train", "leaks_test",
]  # fmt: skip


class CleanConfig(Section):
    """What `whet clean` repairs. Nothing is repaired that is not named; what could be, it says."""

    repair: Annotated[tuple[RepairName, ...], BeforeValidator(_as_tuple)] = ()
    """Repairs by name: [broken, whitespace, duplicates]. `docs/clean.md` says what each does."""


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


class SliceRule(Section):
    """One slice by rule; all that is named has to hold. Without `column` it reads the question."""

    column: str | None = None
    """The column that `equals` and `regex` look at; the question where none is named."""
    equals: Words = ()
    """The value, or one of several."""
    regex: str | None = None
    """Is found somewhere in the text."""
    min_words: int | None = Field(default=None, ge=0)
    """The question has at least so many words."""
    max_words: int | None = Field(default=None, ge=0)
    """The question has at most so many words."""

    @model_validator(mode="after")
    def _says_something(self) -> SliceRule:
        if not self.equals and not self.regex and self.min_words is None and self.max_words is None:
            raise ValueError("name at least one of `equals`, `regex`, `min_words`, `max_words`")
        _compiled(self.regex)
        return self


def _compiled(regex: str | None) -> None:
    try:
        re.compile(regex or "")
    except re.error as error:
        raise ValueError(f"`regex` is not a regular expression: {error}") from None


class NumericConfig(Section):
    """What the metric `numeric` takes for a number, and how near it has to be."""

    tolerance: float = Field(default=0.0, ge=0)
    """How far an answer may be from the gold number; 0: equal."""
    kind: Literal["absolute", "relative"] = "absolute"
    """Whether the tolerance is in the number's own unit, or a share of the gold number."""
    which: Literal["last", "first"] = "last"
    """Which number of a text is meant."""
    thousands: Literal[",", ".", "space", "none"] = ","
    """What stands between thousands."""
    decimal: Literal[".", ","] = "."
    """The decimal sign."""
    percent: Literal["number", "share"] = "number"
    """Whether 12 % is the number 12, or the share 0.12."""

    @model_validator(mode="after")
    def _two_signs(self) -> NumericConfig:
        if self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` are the same sign; change one of them")
        return self


class ExtractionConfig(Section):
    """What the metrics `extraction_f1`, `extraction_precision` and `extraction_recall` look at."""

    fields: Words = ()
    """Only these fields, nested ones with dots: [city, address.street]. All when empty."""


class BleuConfig(Section):
    """How `bleu` cuts texts into words."""

    tokenize: Literal["13a", "intl", "char", "zh", "none"] = "13a"
    """sacrebleu's tokenizer. Those that fetch models are not offered."""


class ChrfConfig(Section):
    """What `chrf` counts."""

    word_order: int = Field(default=0, ge=0, le=4)
    """0 is chrF, 2 is chrF++."""


class BertscoreConfig(Section):
    """The encoder of the metric `bertscore`."""

    model: str
    """A local folder with a transformers encoder and its tokenizer."""
    layer: int | None = Field(default=None, ge=0)
    """The hidden layer that is compared, as published for the model; the last one when empty."""


class TruthConfig(Section):
    """What answers may rest on, for the metrics `faithfulness` and `no_hallucination`."""

    columns: Words = ()
    """Columns of the item that hold the truth: [facts], or [price, opening_hours]."""
    file: str | None = None
    """A text file that holds for all items."""
    documents: bool = False
    """All the texts of `rag.documents`."""

    @model_validator(mode="after")
    def _one_truth(self) -> TruthConfig:
        if sum((bool(self.columns), self.file is not None, self.documents)) != 1:
            raise ValueError("name one truth: `columns`, `file` or `documents`")
        return self


class PersonaConfig(Section):
    """What the metric `persona` asks of every answer."""

    required: Words = ()
    """Words or phrases that all have to be there."""
    forbidden: Words = ()
    """Words or phrases none of which may be there."""
    required_regex: Words = ()
    """Regular expressions that all have to be found."""
    forbidden_regex: Words = ()
    """Regular expressions none of which may be found."""

    @model_validator(mode="after")
    def _says_something(self) -> PersonaConfig:
        if not (self.required or self.forbidden or self.required_regex or self.forbidden_regex):
            raise ValueError("name at least one word that is required or forbidden")
        for regex in (*self.required_regex, *self.forbidden_regex):
            _compiled(regex)
        return self


class OffDomainConfig(Section):
    """What the metric `off_domain` takes for off the domain, and for declining."""

    column: str | None = None
    """A column that is true where the item is off the domain, else false."""
    words: Words = ()
    """Words or phrases in the question that put it off the domain."""
    regex: Words = ()
    """Regular expressions in the question that do."""
    declines: Words = ()
    """Phrases by which an answer declines, beside the usual English refusals."""

    @model_validator(mode="after")
    def _one_way(self) -> OffDomainConfig:
        if bool(self.column) == bool(self.words or self.regex):
            raise ValueError("name a `column`, or `words` and `regex`, one of the two ways")
        for regex in self.regex:
            _compiled(regex)
        return self


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
    scorers: dict[str, str] = {}
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
    slice_rules: dict[str, SliceRule] = {}
    """Slices by rule, each under its name: {long: {min_words: 50}, refunds: {regex: refund}}."""

    @model_validator(mode="after")
    def _regex(self) -> EvalConfig:
        _compiled(self.regex)
        return self


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
        tuple[Literal["score", "pairwise"], ...], BeforeValidator(_as_tuple), Field(min_length=1)
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
    weights: dict[BenchmarkName, Annotated[float, Field(gt=0)]] = {}
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
    arms: dict[str, ArmConfig] = {}
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
