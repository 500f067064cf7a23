"""The proof of an artifact: the judged model and what was written answer the same prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from whet.artifacts.kinds import Kind
from whet.artifacts.options import Options
from whet.artifacts.parity import probes, prove, tolerance_for
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.engines.engine import Engine
from whet.engines.reference import Reference, open_judged
from whet.progress import check_stop
from whet.types import Messages

MAX_NEW_TOKENS = 64
"""Where no project says how long answers are."""


@dataclass(frozen=True, slots=True)
class Judges:
    """The judged model, and for a QLoRA also its adapter on the base's own precision.

    The second is what a merge of it ships, so an artifact is proven against that; how far the two
    are apart is a line of its own.
    """

    as_judged: Reference
    as_stored: Reference | None = None

    @property
    def exact(self) -> Reference:
        """What an artifact has to equal."""
        return self.as_stored or self.as_judged


@contextmanager
def open_judges(subject: Subject) -> Iterator[Judges]:
    """The judged model, computing in float32; closed when the block ends."""

    def opened(four_bit: bool) -> Reference:
        return open_judged(
            subject.folder,
            adapter=subject.adapter,
            template=subject.template_file,
            four_bit=four_bit,
        )

    with closing(opened(subject.four_bit)) as first:
        if not subject.four_bit:
            yield Judges(first)
            return
        with closing(opened(False)) as second:
            yield Judges(first, second)


def prove_artifact(
    subject: Subject, judges: Judges, kind: Kind, folder: Path, options: Options
) -> list[Proof]:
    """The lines of the proof of what was written into a folder."""
    module = kind.load()
    prompts = prompts_of(subject, options.num_prompts)
    proofs: list[Proof] = []
    keeps_four_bits = kind.name == "adapter"
    if judges.as_stored is not None and not keeps_four_bits:
        proofs.append(_compared(subject, judges.as_judged, judges.as_stored, "nf4", prompts))
        check_stop(options.progress)
    judged = judges.as_judged if keeps_four_bits else judges.exact
    with closing(module.open_engine(subject, folder, options)) as exported:
        proofs.append(
            _compared(subject, judged, exported, module.precision(subject, options), prompts)
        )
    return proofs


def prompts_of(subject: Subject, most: int) -> list[Messages]:
    """The project's items, and general questions up to the number that is asked for."""
    own = list(subject.prompts[:most])
    return [*own, *probes()[: most - len(own)]]


def _compared(
    subject: Subject, a: Reference, b: Engine, precision: str, prompts: Sequence[Messages]
) -> Proof:
    longest = subject.decoding.max_new_tokens if subject.prompts else MAX_NEW_TOKENS
    tolerance = tolerance_for(precision, a, prompts, max_new_tokens=longest, exported=b)
    return prove(a, b, prompts, tolerance, max_new_tokens=longest, metric=subject.metric)
