"""Keys of single metrics under `eval`, and of slices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from whet.config.section import Section, Words, compiled


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
        compiled(self.regex)
        return self


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
            compiled(regex)
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
            compiled(regex)
        return self
