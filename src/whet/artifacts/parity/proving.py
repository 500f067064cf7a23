"""The proof: two engines asked the same, and what they said compared.

facts       template, BOS, stop tokens, sizes         what a server is told
prompts     token ids of every rendered prompt        what the model is given
forced      log-probabilities along a's answers       what the weights do
greedy      answers as a user gets them               what comes out
weights     tensor by tensor, where they are seen     which layer it is
metric      the project's own, over the answers       what it means
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from whet.artifacts.parity.audit import audit
from whet.artifacts.parity.causes import Cause, cause_of, in_order
from whet.artifacts.parity.facts import compare_facts
from whet.artifacts.parity.fault_search import Forced, explain
from whet.artifacts.parity.greedy import Parting, parting, same_text
from whet.artifacts.parity.measures import Apart, difference
from whet.artifacts.parity.prompt_ids import compare_prompt
from whet.artifacts.parity.seen_weights import judged_weights, shipped_weights
from whet.artifacts.parity.served_logprobs import heard_apart
from whet.artifacts.parity.tolerance import Tolerance
from whet.artifacts.proof import Proof
from whet.engines.endpoint import Endpoint
from whet.engines.engine import Answer, Engine, Facts, Logprobs
from whet.engines.reference import Reference
from whet.errors import DataError, ModelError, WhetError
from whet.types import Messages

Metric = Callable[[Sequence[str]], float | None]
"""Of all answers, in the order of the prompts; it scores those that it has a reference for.

A prompt that could not be asked has an empty answer.
"""
KEPT = 4
"""Answers whose log-probabilities are kept to look for a cause: those furthest apart."""


def prove(
    judged: Engine,
    exported: Engine,
    prompts: Sequence[Messages],
    tolerance: Tolerance,
    *,
    max_new_tokens: int,
    metric: Metric | None = None,
) -> Proof:
    """Whether the exported model is the judged one, within the tolerance of its format.

    Where an engine tells less (an address tells no log-probabilities) less is compared, and the
    proof says so with None.
    """
    assert prompts, "a proof needs prompts"
    work = _Proving(judged, exported, tolerance, judged.facts(), exported.facts())
    work.compare_facts()
    for index, messages in enumerate(prompts):
        work.ask(index, messages, max_new_tokens)
    if not work.asked and not work.causes:
        work.causes.append(Cause("refused prompt", "the judged model takes none of the prompts"))
    work.compare_weights()
    return work.proof(metric)


@dataclass(slots=True)
class _Proving:
    """What is compared, and what was found so far."""

    judged: Engine
    exported: Engine
    tolerance: Tolerance
    facts_a: Facts
    facts_b: Facts
    apart: Apart = field(default_factory=Apart)
    causes: list[Cause] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    partings: list[Parting] = field(default_factory=list)
    texts_a: list[str] = field(default_factory=list)
    texts_b: list[str] = field(default_factory=list)
    asked: int = 0
    equal: int = 0
    shown_otherwise: int = 0
    kept: list[tuple[float, Forced]] = field(default_factory=list)
    heard: float | None = None
    seen: bool = False

    def compare_facts(self) -> None:
        """What the engines say of their models."""
        faults, notes = compare_facts(self.judged, self.exported)
        self.causes += faults
        self.notes += notes

    def ask(self, index: int, messages: Messages, max_new_tokens: int) -> None:
        """One prompt: its ids, the forced log-probabilities, the greedy answers.

        What the judged model's own template refuses (Gemma: a system message), or its context does
        not hold, cannot be asked of either.
        """
        try:
            a = self.judged.answer(messages, max_new_tokens)
        except (DataError, ModelError) as error:
            self.notes.append(f"prompt {index} is left out: {error}")
            self._take("", "")
            return
        try:
            b = self.exported.answer(messages, max_new_tokens)
        except WhetError as error:
            self.causes.append(Cause("refused prompt", f"prompt {index}: {error}"))
            self._take(a.text, "")
            return
        self.asked += 1
        if same_text(a, b):
            self.equal += 1
            self.shown_otherwise += a.text.strip() != b.text.strip()
        self._take(a.text, b.text)
        same = self.facts_a.template == self.facts_b.template
        fault = compare_prompt(self.judged, index, a, b, self.facts_a.bos_id, same)
        if fault is not None:
            self.causes.append(fault)
        self._force(index, a, b, alike=fault is None)

    def _take(self, a: str, b: str) -> None:
        """Keeps the texts in the order of the prompts, for the metric."""
        self.texts_a.append(a)
        self.texts_b.append(b)

    def _force(self, index: int, a: Answer, b: Answer, *, alike: bool) -> None:
        """Log-probabilities of both along a's answer; answers to unlike prompts part anyway."""
        if a.prompt_ids is None or a.output_ids is None:
            return
        la = self.judged.logprobs(a.prompt_ids, a.output_ids)
        if la is None:
            return
        lb = self.exported.logprobs(a.prompt_ids, a.output_ids)
        if lb is None:
            self._hear(a, la)
        else:
            self.apart.add(index, la, lb)
            kept = (difference(la, lb)[0], (a.prompt_ids, a.output_ids, lb))
            self.kept = sorted([*self.kept, kept], key=lambda pair: -pair[0])[:KEPT]
        found = parting(self.judged, index, a, b, la, lb, self.tolerance.max_logit_diff)
        if alike and found is not None:
            self.partings.append(found)

    def _hear(self, a: Answer, la: Logprobs) -> None:
        """What a server tells of its own tokens, in the place of forced log-probabilities."""
        if not isinstance(self.exported, Endpoint) or self.exported.heard is None:
            return
        if isinstance(self.judged, Reference):
            apart = heard_apart(self.judged, a, la, self.exported.heard)
            if apart is not None:
                self.heard = max(apart, self.heard or 0.0)

    def compare_weights(self) -> None:
        """Tensor by tensor where both are seen; else by the fault that explains the numbers."""
        judged, shipped = judged_weights(self.judged), shipped_weights(self.exported)
        self.seen = judged is not None and shipped is not None
        if judged is not None and shipped is not None:
            self.causes += cause_of(list(audit(judged, shipped)), judged.num_adapted)
        else:
            self.notes.append("the exported weights are not seen: proven by what they answer")
        self._compare_numbers()

    @property
    def largest(self) -> float | None:
        """The largest difference seen: of forced log-probabilities, else of those heard."""
        return self.heard if self.apart.largest is None else self.apart.largest

    def _compare_numbers(self) -> None:
        largest, kl = self.largest, self.apart.kl
        if largest is None:
            self.notes.append("the export tells no log-probabilities: proven by its answers alone")
            return
        if not math.isfinite(largest):
            self.causes.append(Cause("not finite", "log-probabilities that are no numbers"))
            return
        if kl is None:
            self.notes.append("log-probabilities of the export's own likeliest tokens only; no KL")
        most = self.tolerance
        if largest > most.max_logit_diff or (kl is not None and kl > most.kl):
            self._explain()
            told = (
                f"log-probabilities differ by up to {largest:.3g}; at most "
                f"{most.max_logit_diff:.3g} for {most.kind}"
            )
            if kl is not None:
                told += f" (most at prompt {self.apart.worst}; KL {kl:.3g}, at most {most.kl:.3g})"
            self.causes.append(Cause("other numbers", told))

    def _explain(self) -> None:
        """The fault that explains the numbers, where no tensor could be looked at."""
        if isinstance(self.judged, Reference) and not self.seen:
            forced = [forced for _, forced in self.kept]
            found = explain(self.judged, forced, self.tolerance.max_logit_diff)
            if found is not None:
                self.causes.append(found)

    def proof(self, metric: Metric | None) -> Proof:
        """What was found, as one line of the artifact's proof."""
        if self.shown_otherwise:
            told = "answers are the same tokens; bytes in them that are no character look otherwise"
            self.notes.append(f"{self.shown_otherwise} {told}")
        self.causes += [p.cause for p in self.partings if p.cause is not None]
        score_a = metric(self.texts_a) if metric else None
        score_b = metric(self.texts_b) if metric else None
        self._judge_metric(score_a, score_b)
        largest = self.largest
        finite = largest is not None and math.isfinite(largest)
        return Proof(
            a=self.judged.name,
            b=self.exported.name,
            prompts=self.asked,
            max_logit_diff=largest if finite else None,
            kl=self.apart.kl if finite else None,
            greedy_equal=self.equal,
            metric_a=score_a,
            metric_b=score_b,
            passed=not self.causes,
            cause=in_order(self.causes),
            kind=self.tolerance.kind,
            tolerance=self.tolerance.to_json(),
            ties=sum(p.tie for p in self.partings),
            first_difference=next((p.told for p in self.partings), ""),
            notes=tuple(self.notes),
        )

    def _judge_metric(self, a: float | None, b: float | None) -> None:
        most = self.tolerance.metric_drop
        if a is not None and b is not None and most is not None and a - b > most:
            told = f"{a:.4g} judged, {b:.4g} exported; a fall of {most:.4g} is allowed"
            self.causes.append(Cause("metric fell", told))
