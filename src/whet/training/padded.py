"""The slower path, for models that cannot take a row: padded batches, transformers' attention.

Each leaf of the row's tree becomes a sequence of its own, padded on the right, where a causal model
cannot see it, so no mask is needed. Prefixes are computed again for each sequence. Which models
take this path, and why, is decided in `whet.training.path`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.rows.row import ROOT, Ints, Segment


def padded_hidden(model: Any, tokens: Tensor, segments: Sequence[Segment]) -> Tensor:
    """The last hidden states [T, C] of a row's tokens [T], by transformers alone."""
    paths = leaf_paths(segments)
    longest = max(len(path) for path in paths)
    places = np.zeros((len(paths), longest), np.int64)  # padding repeats the row's first token
    slots = np.empty(len(tokens), np.int64)
    for index, path in enumerate(paths):
        places[index, : len(path)] = path
        slots[path] = index * longest + np.arange(len(path))
    batch = tokens[torch.from_numpy(places).to(tokens.device)]
    hidden: Tensor = model.base_model(input_ids=batch, use_cache=False).last_hidden_state
    return hidden.flatten(0, 1).index_select(0, torch.from_numpy(slots).to(tokens.device))


def leaf_paths(segments: Sequence[Segment]) -> list[Ints]:
    """For each segment without children the row positions from its root to its end."""
    paths: list[Ints] = []
    for segment in segments:
        before = [] if segment.parent == ROOT else [paths[segment.parent]]
        paths.append(np.concatenate([*before, np.arange(segment.start, segment.end)]))
    parents = {segment.parent for segment in segments}
    return [path for index, path in enumerate(paths) if index not in parents]
