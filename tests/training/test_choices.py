"""What a run sets for the whole process is put back when it ends."""

from __future__ import annotations

import numpy as np
import torch

from whet.training.choices import flushed_denormals

TINY = 5e-324


def test_denormals_are_flushed_inside_and_kept_outside() -> None:
    one = torch.ones(1, dtype=torch.float64)
    with flushed_denormals():
        assert float(one * TINY) == 0.0
        with flushed_denormals():
            pass
        assert float(one * TINY) == 0.0, "an inner block puts back what it found"
    assert float(one * TINY) == TINY
    assert np.float64(TINY) * 1 == TINY
