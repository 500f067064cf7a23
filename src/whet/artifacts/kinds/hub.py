"""Kind `hub`: what goes to the Hugging Face hub, with a model card made from the run's report.

The adapter where there is one, else the whole model; merged weights where `--dtype` names theirs.
Nothing is uploaded here: see `whet.artifacts.pushing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whet.artifacts.card import write_card
from whet.artifacts.kinds import adapter, merged
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.models.peft_config import CONFIG

if TYPE_CHECKING:
    from whet.artifacts.kinds import KindModule
    from whet.engines.engine import Engine

WITH_PEFT = """```python
from peft import AutoPeftModelForCausalLM
from transformers import AutoTokenizer

model = AutoPeftModelForCausalLM.from_pretrained("{place}")
tokenizer = AutoTokenizer.from_pretrained("{place}")
```"""
WHOLE = """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("{place}")
tokenizer = AutoTokenizer.from_pretrained("{place}")
```"""


def write(subject: Subject, folder: Path, options: Options) -> Sequence[str] | None:
    """Writes the adapter's folder or the model's."""
    return _kind(subject, options).write(subject, folder, options)


def open_engine(subject: Subject, folder: Path, options: Options) -> Engine:
    """As of the kind that lies in the folder: options are not known when it is verified."""
    written: KindModule = adapter if (folder / CONFIG).is_file() else merged
    return written.open_engine(subject, folder, options)


def precision(subject: Subject, options: Options) -> str:
    """As of the kind that was written."""
    return _kind(subject, options).precision(subject, options)


def finish(subject: Subject, folder: Path, options: Options, proofs: Sequence[Proof]) -> None:
    """Writes the model card."""
    is_adapter = _is_adapter(subject, options)
    usage = (WITH_PEFT if is_adapter else WHOLE).format(place=options.repo or ".")
    write_card(subject, folder, proofs, usage, "peft" if is_adapter else "transformers")


def _is_adapter(subject: Subject, options: Options) -> bool:
    return subject.adapter is not None and options.dtype is None


def _kind(subject: Subject, options: Options) -> KindModule:
    """Of which kind the weights are written."""
    if _is_adapter(subject, options):
        return adapter
    return merged
