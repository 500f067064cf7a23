"""The proof of an artifact: the judged model and what was written answer the same prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from whet.artifacts.kinds import Kind
from whet.artifacts.options import Options
from whet.artifacts.parity import probes, prove, tolerance_for
from whet.artifacts.parity.tolerance import tolerance_of_base
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.engines.reference import Reference, open_judged
from whet.progress import Progress, check_stop
from whet.types import Messages

ADAPTER = "adapter_config.json"
MAX_NEW_TOKENS = 64
"""Where no project says how long answers are."""


@dataclass(frozen=True, slots=True)
class Judges:
    """The judged model, and for a QLoRA also its adapter on the base as stored.

    The second is what a merge of it ships.
    """

    as_judged: Reference
    as_stored: Reference | None = None


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
    subject: Subject, judges: Judges, kind: Kind, folder: Path, options: Options, precision: str
) -> list[Proof]:
    """The lines of the proof of what was written into a folder in a precision.

    An adapter by itself is proven on the base that it was judged on. Of a QLoRA that was merged
    there are two lines: against the model as it was judged, where the base's return from four bits
    is allowed for, and against the same adapter on the base as stored.
    """
    prompts = _Watched(prompts_of(subject, options.num_prompts), kind.name, options.progress)
    longest = subject.decoding.max_new_tokens if subject.prompts else MAX_NEW_TOKENS
    ask = partial(prove, max_new_tokens=longest, metric=subject.metric)
    with closing(kind.load().open_engine(subject, folder, options)) as exported:
        stored = judges.as_stored
        if stored is None or (folder / ADAPTER).is_file():
            allowed = tolerance_for(precision, judges.as_judged, prompts, max_new_tokens=longest)
            return [ask(judges.as_judged, exported, prompts, allowed)]
        exact = tolerance_for(precision, stored, prompts, max_new_tokens=longest)
        wide = tolerance_of_base(
            judges.as_judged, stored, prompts, max_new_tokens=longest, then=exact
        )
        return [
            ask(judges.as_judged, exported, prompts, wide),
            ask(stored, exported, prompts, exact),
        ]


class _Watched(list[Messages]):
    """Prompts that tell how far their proof has come, and end it where a person asks to stop."""

    def __init__(self, prompts: Sequence[Messages], kind: str, progress: Progress) -> None:
        super().__init__(prompts)
        self._task, self._progress = f"proof of {kind}", progress

    def __iter__(self) -> Iterator[Messages]:
        for number, messages in enumerate(super().__iter__()):
            check_stop(self._progress)
            self._progress.advance(self._task, number, len(self))
            yield messages
        self._progress.advance(self._task, len(self), len(self))


def prompts_of(subject: Subject, most: int) -> list[Messages]:
    """The project's items, and after them what templates, tokenizers and servers get wrong."""
    return [*subject.prompts[:most], *probes(subject.system)]
