"""What can be wrong with data, or worth knowing about it: a closed list of kinds with words.

`docs/findings.md` is made from this list, and `whet check --json` uses no kind that is not on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is. `ERROR` stops every verb that would use the data."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Kind(StrEnum):
    """A kind of finding; `description` is what it means, in one sentence."""

    description: str

    def __new__(cls, value: str, description: str) -> Kind:
        """A member that carries its description beside its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    # Files
    UNREADABLE = "unreadable", "A file or folder is missing or cannot be opened."
    ENCODING = "encoding", "Bytes are not UTF-8 text, or hold a NUL."
    DAMAGED = "damaged", "A compressed or binary file is cut short or corrupt; none of it is used."
    TOO_LARGE = "too_large", "A line, document or decompressed file is beyond its limit."
    EMPTY = "empty", "A file or a split has no rows."
    SYNTAX = "syntax", "JSON or CSV that cannot be parsed."
    HEADER = "header", "A column has no name, or two have the same."
    COLUMNS = "columns", "`data.columns` names a column that the file lacks."
    FORMAT = "format", "The columns do not say which is the question and which the answer."
    SCHEMA = "schema", "Two files disagree about a column or its type."
    # Rows
    ROW_TYPE = "row_type", "A row is not an object with named values."
    VALUE = "value", "A value that JSON or text may not hold: NaN, a doubled key, a surrogate."
    FIELDS = "fields", "A CSV row has more or fewer fields than the header."
    CONTENT = "content", "A field is missing or not the text or list that it has to be."
    ROLE = "role", "A turn has no role, or one that is not known."
    TURN_ORDER = "turn_order", "Turns are in an order that no chat has: two of a side, no answer."
    EMPTY_TURN = "empty_turn", "A question or an answer is empty."
    TOOL_CALL = (
        "tool_call",
        "A tool call or result is malformed, or one stands without the other.",
    )
    WEIGHT = "weight", "A turn's training weight is not 0 or 1."
    GROUP = "group", "A row has no value to group by."
    SYSTEM_CONFLICT = "system_conflict", "A row has a system message, and the project has a prompt."
    TOO_LONG = "too_long", "A row is longer than the model's context or `train.max_length`."
    MASK = "mask", "The chat template would train on the wrong tokens, or is not what is served."
    # Between splits
    LEAK_EXACT = "leak_exact", "A held-out input is also in training."
    LEAK_NEAR = "leak_near", "A held-out input is nearly word for word in training."
    LEAK_PARAPHRASE = "leak_paraphrase", "A held-out input is paraphrased in training."
    CONTAMINATION = "contamination", "A training row holds an item of a benchmark."
    UNSEEN_LABEL = "unseen_label", "Test asks for a label that training never shows."
    FAR_INPUT = "far_input", "A held-out or production input is unlike every training row."
    # Repetition and labels
    DUPLICATE_EXACT = "duplicate_exact", "A row repeats an earlier one."
    DUPLICATE_NEAR = "duplicate_near", "A row is nearly word for word an earlier one."
    LABEL_CONFLICT = "label_conflict", "The same input has different labels."
    LABEL_SUSPICIOUS = "label_suspicious", "The rows most like this one have another label."
    LABEL_SPELLING = "label_spelling", "One label is written in several ways."
    CONFUSABLE = "confusable", "Two labels are hard to tell apart, with few examples of them."
    CLASS_BALANCE = "class_balance", "How often each label occurs."
    SEVERAL_ANSWERS = "several_answers", "The same input has several free-text answers."
    # What rows say
    SECRET = "secret", "An API key, token or private key; its value is masked."
    PERSONAL_DATA = "personal_data", "An e-mail address, phone, card or account number, masked."
    REFUSAL = "refusal", "An answer declines to help."
    BOILERPLATE = "boilerplate", "Many answers begin or end with the same words."
    PLACEHOLDER = "placeholder", "An answer was never filled in: {{name}}, TODO, nan."
    ENCODING_DAMAGE = "encoding_damage", "Text was decoded wrongly before it came here."
    TYPOGRAPHIC_QUOTES = "typographic_quotes", "Curly quotes make JSON invalid."
    LANGUAGE = "language", "A row is in another language than the rest."
    LENGTH_OUTLIER = "length_outlier", "A row is far longer than the rest."
    STYLE = "style", "Answers are not of one style: markdown, greeting, person, length."
    STALE_FACT = "stale_fact", "An answer holds a fact that changes: a price, date, address, order."
    INSTRUCTION_VARIANTS = "instruction_variants", "One instruction is worded in many ways."
    # The set as a whole
    SIZE = "size", "More or fewer rows than this kind of task wants."
    COVERAGE = "coverage", "Topics with very few rows."
    ORIGIN = "origin", "Where rows come from, and how many of them are synthetic."
    FEEDBACK = "feedback", "A column marks rows as good or bad; all would be imitated."
    OBJECTIVE = (
        "objective",
        "Rows of another kind than `train.objective` learns from: checked, not trained on.",
    )
    # What was done or guessed
    NOT_COMPARED = "not_compared", "Rows were too many to compare by meaning."
    GUESSED = "guessed", "What the file was taken for, and why."
    BOM = "bom", "A byte order mark was ignored."
    BLANK_LINES = "blank_lines", "Blank lines were passed over."
    WRAPPER = "wrapper", "The rows are a list inside an object, or lines in a .json file."
    NUMBERS = "numbers", "Numbers were taken as text."
    UNUSED = "unused", "Columns or keys that went nowhere."
    IGNORED_FILE = "ignored_file", "A folder holds files that are no data."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with, or worth knowing about, a row or a file.

    Reads as `file:line: field: message. Fix.` `row_id` is the example's id, where there is one.
    """

    severity: Severity
    kind: Kind
    message: str
    file: str = ""
    line: int = 0
    field: str = ""
    fix: str = ""
    row_id: str = ""

    def __str__(self) -> str:
        where = self.file + (f":{self.line}" if self.line else "")
        parts = [part for part in (where, self.field, self.message) if part]
        return ": ".join(parts) + (f" {self.fix}" if self.fix else "")


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Errors before warnings before notes; within one severity in the order given."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))
