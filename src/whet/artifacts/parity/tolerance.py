"""How far an export of each format may lie from the judged model, and why so far.

    float32 everywhere          1e-4, 5e-4 in another engine: other orders of summation; or twice
                                what merging does to the judged model, where that is more
    weights rounded             twice what rounding the judged model's own weights does to it
    and inputs of products      the same, with the inputs rounded as the engine multiplies them
    GELU in llama.cpp           the same: its CPU looks it up in a table of F16, in F32 files too
    all computed so             the same: a server on a GPU computes in bfloat16 or float16

The rounding of an export's weights is not chance: the same weights round to the same values. What
an engine computes beside that is another draw of the same size, hence twice; KL grows with the
square, hence four times. docs/parity.md has the measured shares of these that exports use.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from whet.artifacts.parity.measures import Apart
from whet.artifacts.parity.rounded_model import has_gelu, rounded_model, stored_as
from whet.artifacts.parity.rounding import known
from whet.engines.reference import Reference
from whet.errors import DataError, ModelError
from whet.models.load import DTYPES
from whet.types import Messages

SAME_ENGINE, OTHER_ENGINE = 1e-4, 5e-4
OF_DRAWS = 2.0
HELD_BYTES = 2**30
ORDERS = "float32 throughout: what other orders of summation may do"
TORCH = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
COMPUTED_IN = {"F16": "F16", "BF16": "BF16"}
K_QUANT = re.compile(r"I?Q([2-6])_?[A-Z0-9_]*$")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The bounds of one format. `metric_drop` None: a fall of the metric is told, not refused.

    `derivation` says how they came about.
    """

    kind: str
    max_logit_diff: float
    kl: float
    derivation: str
    metric_drop: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The bounds as they stand in a proof."""
        told = {"max_logit_diff": self.max_logit_diff, "kl": self.kl}
        return told | {"metric_drop": self.metric_drop, "derivation": self.derivation}


@dataclass(frozen=True, slots=True)
class Format:
    """What a kind rounds: weights, all parameters or the matrices only, and inputs of products.

    `compute` is the dtype in which all else is computed, None for float32.
    """

    weights: str
    inputs: str
    whole: bool
    floor: float
    compute: torch.dtype | None = None


def format_of(kind: str) -> Format:
    """What `merged-*`, `gguf-*` and `endpoint-*` mean.

    Without the first part `float32`, `bfloat16` and `float16` are of a folder, all else of a GGUF.

    Raises:
        ModelError: the kind is not known.
    """
    where, dash, stored = kind.partition("-")
    if not dash:
        where, stored = ("merged" if kind in TORCH else "gguf"), kind
    short = TORCH.get(stored, stored)
    if where == "merged" and short in ("F32", "BF16", "F16"):
        return Format(short, "", True, SAME_ENGINE)
    if where == "endpoint" and short in ("F32", "BF16", "F16"):
        return Format(short, "", True, OTHER_ENGINE, None if short == "F32" else DTYPES[stored])
    if where == "gguf" and known(short):
        inputs = COMPUTED_IN.get(short, "" if short == "F32" else "Q8_0")
        return Format(short, inputs, False, OTHER_ENGINE)
    if where == "gguf" and (found := K_QUANT.match(short)):
        return Format(f"U{found.group(1)}", "Q8_0", False, OTHER_ENGINE)
    raise ModelError(
        f"no tolerance is known for {kind!r}; there are merged-, endpoint-float32, -bfloat16, "
        "-float16, gguf-F32, -F16, -BF16, -Q8_0, -Q4_0 and those of K-quants (gguf-Q4_K_M)."
    )


def tolerance_for(
    kind: str,
    judged: Reference,
    prompts: Sequence[Messages],
    *,
    max_new_tokens: int,
    metric_drop: float | None = None,
) -> Tolerance:
    """The tolerance of a format for this model, measured on it where the format rounds.

    Raises:
        ModelError: the kind is not known, or the judged model is in NF4 (round its base as stored
            instead: `open_judged(..., four_bit=False)`).
    """
    form = format_of(kind)
    model = judged.loaded.model
    in_llama_cpp = form.floor == OTHER_ENGINE and not form.whole
    gelu = in_llama_cpp and has_gelu(model)
    exact = form.weights == "F32" and not gelu
    if exact and judged.in_four_bits:
        return Tolerance(kind, form.floor, form.floor**2, ORDERS, metric_drop)
    if judged.in_four_bits:
        raise ModelError(
            f"{judged.name}: a tolerance for {kind} is measured on the base as stored."
        )
    rule = stored_as(form.weights, whole=form.whole, head=_head_of(model))
    within = partial(
        rounded_model, model, rule, form.inputs, in_llama_cpp=in_llama_cpp, compute=form.compute
    )
    largest, kl = _moved(judged, prompts, max_new_tokens, within)
    _require_finite(largest, kl, f"with its weights rounded to {form.weights}, for {kind}")
    if exact:
        rotary = ", its rotary frequencies off by last bits" * in_llama_cpp
        text = ORDERS + f"; merged{rotary}, the judged model itself moves by {largest:.3g}"
        most = max(form.floor, largest if in_llama_cpp else OF_DRAWS * largest)
        return Tolerance(kind, most, most**2, text, metric_drop)
    text = _derivation(form, largest, kl, gelu, len(prompts))
    most, most_kl = OF_DRAWS * largest + form.floor, OF_DRAWS**2 * kl + form.floor**2
    return Tolerance(kind, most, most_kl, text, metric_drop)


def _require_finite(largest: float, kl: float, how: str) -> None:
    """A tolerance without end would let anything pass."""
    if not (math.isfinite(largest) and math.isfinite(kl)):
        raise ModelError(
            f"the judged model gives log-probabilities that are no numbers {how}, so nothing can be"
            " proven of such an export. Choose a wider format (bfloat16, BF16, F32)."
        )


def _derivation(form: Format, largest: float, kl: float, gelu: bool, num_prompts: int) -> str:
    inputs = f", inputs of products as {form.inputs}" if form.inputs else ""
    inputs += f", all computed in {form.compute}" if form.compute else ""
    inputs += ", GELU by llama.cpp's table of F16" if gelu else ""
    return (
        f"{OF_DRAWS:g} x {largest:.3g} (KL {OF_DRAWS**2:g} x {kl:.3g}) + {form.floor:g}: what the "
        f"judged model does with its own weights rounded to {form.weights}{inputs}, on these "
        f"{num_prompts} prompts"
    )


def _head_of(model: Any) -> str:
    """The name of the parameter that is the output head: the embedding's where they are tied."""
    head = model.get_output_embeddings().weight
    named: Iterator[tuple[str, Any]] = model.named_parameters()
    return next(name for name, parameter in named if parameter is head)


def tolerance_of_base(
    judged: Reference,
    merged: Reference,
    prompts: Sequence[Messages],
    *,
    max_new_tokens: int,
    then: Tolerance,
) -> Tolerance:
    """For a model judged on its base in NF4, shipped on the base as stored.

    The two differ by what NF4 did to the base. That is measured, `merged` being the same adapter on
    the base as stored, and `then` is added: what the export's own format may do.
    """
    apart = Apart()
    for index, (prompt, output) in enumerate(_said(judged, prompts, max_new_tokens)):
        apart.add(index, judged.logprobs(prompt, output), merged.logprobs(prompt, output))
    kl = apart.kl or 0.0
    _require_finite(apart.max_logit_diff, kl, "on its base in NF4, or as stored")
    text = (
        f"{apart.max_logit_diff:.3g} (KL {kl:.3g}) between the base in NF4, as judged, and the "
        f"base as stored, as shipped, both with the adapter; and {then.kind}: {then.derivation}"
    )
    # KL is near a squared distance, so its roots add.
    both = (math.sqrt(kl) + math.sqrt(then.kl)) ** 2
    return Tolerance(
        f"nf4+{then.kind}", apart.max_logit_diff + then.max_logit_diff, both, text,
        metric_drop=then.metric_drop,
    )  # fmt: skip


def _moved(
    judged: Reference,
    prompts: Sequence[Messages],
    max_new_tokens: int,
    within: Callable[[], AbstractContextManager[None]],
) -> tuple[float, float]:
    """The largest difference and the mean KL along the model's own answers."""
    apart = Apart()
    vocabulary = judged.facts().vocabulary or 1
    at_once = max(1, HELD_BYTES // (4 * vocabulary * (1 + max_new_tokens)))
    for start in range(0, len(prompts), at_once):
        pairs = list(_said(judged, prompts[start : start + at_once], max_new_tokens))
        before = [judged.logprobs(*pair) for pair in pairs]
        with within():
            for index, (pair, own) in enumerate(zip(pairs, before, strict=True)):
                apart.add(start + index, own, judged.logprobs(*pair))
    return apart.max_logit_diff, apart.kl or 0.0


def _said(
    judged: Reference, prompts: Sequence[Messages], max_new_tokens: int
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Ids of prompts and answers, without the prompts that the model's template refuses."""
    for messages in prompts:
        try:
            answer = judged.answer(messages, max_new_tokens)
        except (DataError, ModelError):
            continue  # the proof says so
        yield answer.prompt_ids or (), answer.output_ids or ()
