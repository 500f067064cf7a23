"""What a rank holds of a whole that is cut over several."""

from __future__ import annotations

import pytest
import torch
from torch import distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor
from torch.testing._internal.distributed.fake_pg import FakeStore

from whet.training.sharding import gathered


@pytest.mark.parametrize(("rank", "num_values"), [(0, 12), (1, 0)])
def test_only_the_first_rank_holds_a_checkpoint_whole(rank: int, num_values: int) -> None:
    """docs/ranks.md says so: eight processes of a machine would ask it for eight copies."""
    store = FakeStore()  # type: ignore[no-untyped-call]
    distributed.init_process_group("fake", rank=rank, world_size=2, store=store)
    try:
        cut = distribute_tensor(torch.ones(4, 3), init_device_mesh("cpu", (2,)), [Shard(0)])
        parameter = nn.Parameter(cut)
        whole = gathered([cut.to_local()], [parameter])
    finally:
        distributed.destroy_process_group()
    assert whole.shape == (num_values,)
    assert whole.untyped_storage().nbytes() == 4 * num_values
