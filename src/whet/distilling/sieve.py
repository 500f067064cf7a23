"""Which answers are good enough to learn from, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.distilling.inputs import Question
from whet.errors import ConfigError
from whet.evals.scorers import Scorer, format_scorer, scorer
from whet.types import FinishReason


@dataclass(frozen=True, slots=True)
class Sieve:
    """What an answer has to be. `form` is a format, `metric` compares with the known answer."""

    form: Scorer | None = None
    form_said: str = ""
    metric: str = ""
    min_score: float = 1.0

    def reason(self, question: Question, answer: str, finish: str, seen: Sequence[str]) -> str:
        """Why an answer is rejected; empty where it is kept.

        `seen` are the answers already kept for the same input.
        """
        if not answer.strip():
            return "empty"
        if finish == FinishReason.LENGTH:
            return "cut off at max_new_tokens"
        if answer in seen:
            return "repeats another answer to the same input"
        if self.form is not None and not self.form(answer, question.example):
            return f"not of the form {self.form_said}"
        if self.metric:
            score = scorer(self.metric)(answer, question.example)
            if score is None or score < self.min_score:
                shown = "none" if score is None else f"{score:.3g}"
                return f"{self.metric} {shown}, below {self.min_score:g}"
        return ""


def make_sieve(
    *,
    regex: str | None = None,
    json_keys: Sequence[str] | None = None,
    keep_if: str | None = None,
    questions: Sequence[Question] = (),
) -> Sieve:
    """The sieve for a form and for `METRIC=SCORE`, the least score against the known answer.

    Raises:
        ConfigError: both forms are named, the metric is unknown, or inputs have no known answer.
    """
    form, said = None, ""
    if regex is not None or json_keys is not None:
        form = format_scorer(regex=regex, json_keys=json_keys)
        said = (
            regex if regex is not None else f"JSON with {', '.join(json_keys or ()) or 'any key'}"
        )
    if keep_if is None:
        return Sieve(form, said)
    name, _, least = keep_if.partition("=")
    try:
        min_score = float(least or 1.0)
    except ValueError:
        raise ConfigError(
            f"--keep-if {keep_if}: expected METRIC=SCORE, e.g. token_f1=0.8."
        ) from None
    scorer(name)
    without = [question.source for question in questions if question.gold is None]
    if without:
        raise ConfigError(
            f"--keep-if {name}: {len(without)} inputs have no known answer to compare with, the"
            f" first at {without[0]}."
        )
    return Sieve(form, said, name, min_score)
