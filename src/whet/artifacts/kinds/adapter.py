"""Kind `adapter`: the LoRA in PEFT's format, with the tokenizer and template it was judged with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from whet.artifacts.merging.companions import write_tokenizer
from whet.artifacts.options import Options
from whet.artifacts.subject import Subject
from whet.models.adapter import ORIGIN, WEIGHTS
from whet.models.peft_config import CONFIG

if TYPE_CHECKING:
    from whet.engines.engine import Engine


def write(subject: Subject, folder: Path, options: Options) -> None:
    """Writes the adapter's files as they are, and the tokenizer as it was judged."""
    assert subject.adapter is not None, "asked for by `require_adapter`"
    for name in (CONFIG, WEIGHTS, ORIGIN):
        if (subject.adapter / name).is_file():
            shutil.copyfile(subject.adapter / name, folder / name)
    write_tokenizer(subject, folder)


def open_engine(subject: Subject, folder: Path, options: Options) -> Engine:
    """The base with the written adapter on it, put there by PEFT, computing in float32."""
    from whet.engines.peft_reference import open_with_peft

    return open_with_peft(subject.folder, folder, four_bit=subject.four_bit)


def precision(subject: Subject, options: Options) -> str:
    """Nothing is rounded."""
    return "float32"
