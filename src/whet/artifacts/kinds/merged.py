"""Kind `merged`: one model in safetensors, which every engine loads without knowing of adapters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from whet.artifacts.merging import MergedWeights
from whet.artifacts.merging.companions import write_companions
from whet.artifacts.options import Options
from whet.artifacts.safetensors_files import DTYPES, FLOATS, SHARD_BYTES, Planned, write_tensors
from whet.artifacts.subject import Subject
from whet.errors import ConfigError, ModelError
from whet.models.stored import stored_tensors
from whet.progress import check_stop

if TYPE_CHECKING:
    from whet.engines.engine import Engine

NAMES = {short: name for name, short in FLOATS.items()}


def write(subject: Subject, folder: Path, options: Options) -> None:
    """Writes weights, configuration, generation settings, tokenizer and template.

    Raises:
        ConfigError: no such dtype.
        ModelError: the adapter does not fit, or a weight does not fit the dtype.
    """
    asked = _asked(options)
    weights = MergedWeights(subject.folder, subject.adapter, folder)
    try:
        planned = [_planned(weights, name, asked) for name in weights.names()]
        write_companions(subject, folder, options.dtype, weights.unties_head)
        dtypes = {tensor.name: DTYPES[tensor.dtype] for tensor in planned}

        def read(name: str) -> Tensor:
            check_stop(options.progress)
            return _rounded(weights, name, dtypes[name])

        write_tensors(folder, planned, read, SHARD_BYTES)
    finally:
        weights.close()


def open_engine(subject: Subject, folder: Path, options: Options) -> Engine:
    """The merged model in transformers, loaded as a stranger loads it, computing in float32."""
    from whet.engines.reference import open_shipped

    engine = open_shipped(folder)
    engine.name = "transformers (merged)"
    return engine


def precision(subject: Subject, options: Options) -> str:
    """The dtype of the merged weights."""
    return options.dtype or stored_dtype(subject.folder)


def stored_dtype(folder: Path) -> str:
    """The dtype in which most of a model's bytes are stored, by torch's name."""
    sizes: Counter[str] = Counter()
    for tensor in stored_tensors(folder).values():
        sizes[tensor.entry.dtype] += tensor.entry.num_bytes
    most = sizes.most_common(1)[0][0] if sizes else "F32"
    return NAMES.get(most, most)


def _asked(options: Options) -> str | None:
    if options.dtype is None:
        return None
    if options.dtype not in FLOATS:
        raise ConfigError(f"--dtype: no dtype {options.dtype!r}. There are: {', '.join(FLOATS)}.")
    return FLOATS[options.dtype]


def _planned(weights: MergedWeights, name: str, asked: str | None) -> Planned:
    stored = weights.dtype_name(name)
    if stored not in DTYPES or (name in weights.merged_names() and stored not in NAMES):
        raise ModelError(f"{name} is stored as {stored}; name a model with 16 or 32 bit weights.")
    is_float = stored in NAMES or stored == "F64"
    return Planned(name, asked if asked and is_float else stored, weights.shape(name))


def _rounded(weights: MergedWeights, name: str, dtype: torch.dtype) -> Tensor:
    """The tensor rounded once to its dtype.

    Raises:
        ModelError: a value is beyond the dtype.
    """
    exact = weights.tensor(name)
    rounded = exact.to(dtype)
    if dtype == torch.float16 and not bool(torch.isfinite(rounded).all()):
        largest = float(exact.abs().max())
        raise ModelError(
            f"{name} holds {largest:.3g}, and float16 ends at 65504. Use --dtype bfloat16."
        )
    return rounded
