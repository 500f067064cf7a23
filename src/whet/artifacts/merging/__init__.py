"""One model of a base and its adapter: weights read, merged and handed out tensor by tensor."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whet.artifacts.merging.companions import write_companions
from whet.artifacts.merging.merged import MergedWeights
from whet.artifacts.subject import Subject

__all__ = ["MergedWeights", "open_weights"]


@contextmanager
def open_weights(subject: Subject) -> Iterator[MergedWeights]:
    """The weights of what is exported, with a folder beside them that holds what belongs to them.

    Raises:
        ModelError: the adapter does not fit its base, or a file is broken.
    """
    with tempfile.TemporaryDirectory(prefix="whet-export-") as place:
        weights = MergedWeights(subject.folder, subject.adapter, Path(place))
        try:
            write_companions(subject, weights.folder, unties_head=weights.unties_head)
            yield weights
        finally:
            weights.close()
