"""Two processes, started by torchrun, train what one does; and end together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from whet.rows.division import divided
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training import checkpoint
from whet.training.distributed import ALONE, joined
from whet.training.sharding import BLANK

PROGRAM = Path(__file__).parent / "ranks_program.py"
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
QUICK = ("lora", "lora-of-a-sharded-base", "full-sharded")
SLOW = ("full", "full-sharded-uneven", "dropout")
FLOOR = 0.1  # a tensor's norm counts as at least so much: biases begin at zero
TIMEOUT_S = 240


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", **more}


Process = subprocess.Popen[str]


def start(command: tuple[str, ...], folder: Path, *tasks: str, **more: str) -> Process:
    return subprocess.Popen(
        [*command, str(PROGRAM), str(folder), *tasks],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**more),
        start_new_session=True,
    )


def finish(process: Process, timeout_s: float = TIMEOUT_S) -> str:
    """What it wrote to stderr; it and its workers are gone afterwards."""
    try:
        return process.communicate(timeout=timeout_s)[1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def both(folder: Path, alone: list[str], together: list[str]) -> tuple[Path, Path]:
    one = start((sys.executable,), folder / "one", *alone)
    two = start(TORCHRUN, folder / "two", *alone, *together)
    told = finish(one) + finish(two)
    assert one.returncode == two.returncode == 0, told
    return folder / "one", folder / "two"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, loopback: None) -> tuple[Path, Path]:
    """Folders of the same runs: by one process, and by two."""
    plain = [f"plain:{name}" for name in QUICK]
    folder = tmp_path_factory.mktemp("ranks")
    return both(folder, plain, ["stopped:lora", "refused", "poisoned"])


@pytest.fixture(scope="module")
def slow_pair(tmp_path_factory: pytest.TempPathFactory, loopback: None) -> tuple[Path, Path]:
    """More of them."""
    stopped = ["plain:full-sharded", "stopped:dropout", "stopped:full-sharded"]
    folder = tmp_path_factory.mktemp("ranks")
    return both(folder, [f"plain:{name}" for name in SLOW], stopped)


def values(folder: Path, name: str, rank: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{name}.{rank}.json").read_text())
    return found


def tensors(folder: Path, name: str, rank: int) -> dict[str, torch.Tensor]:
    return load_file(folder / f"{name}.{rank}.safetensors")


def norms(found: dict[str, Any]) -> list[float]:
    """The gradients' norms; AdamW would not notice one that is twice as large."""
    return [row["train/grad_norm"] for row in found["metrics"] if "train/grad_norm" in row]


def same_training(name: str, one: Path, two: Path) -> None:
    expected, weights = values(one, name, 0), tensors(one, name, 0)
    assert norms(values(two, name, 0)) == pytest.approx(norms(expected), rel=1e-5)
    for rank in (0, 1):
        found, theirs = values(two, name, rank), tensors(two, name, rank)
        assert found["losses"] == pytest.approx(expected["losses"], rel=1e-5)
        assert np.ravel(found["validation_losses"]) == pytest.approx(
            np.ravel(expected["validation_losses"]), rel=1e-5
        )
        for key in ("steps", "examples", "logical_tokens", "loss_tokens", "best_step",
                    "num_trainable", "num_total"):  # fmt: skip
            assert found[key] == expected[key], key
        assert set(theirs) == set(weights)
        for key, weight in weights.items():
            difference = float(torch.linalg.vector_norm(theirs[key] - weight))
            norm = float(torch.linalg.vector_norm(weight))
            assert difference <= 1e-5 * max(norm, FLOOR), key


@pytest.mark.parametrize("name", QUICK)
def test_two_processes_train_what_one_does(name: str, pair: tuple[Path, Path]) -> None:
    same_training(name, *pair)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW[:2])
def test_two_processes_train_what_one_does_in_full(name: str, slow_pair: tuple[Path, Path]) -> None:
    same_training(name, *slow_pair)


@pytest.mark.parametrize("name", QUICK)
def test_the_first_rank_alone_speaks_and_logs(name: str, pair: tuple[Path, Path]) -> None:
    first, second = (values(pair[1], name, rank) for rank in (0, 1))
    assert second["said"] == second["metrics"] == []
    assert len(first["metrics"]) == len(values(pair[0], name, 0)["metrics"]) == 17
    verified = next(line for line in first["said"] if line.startswith("verified"))
    assert "gradient by 0.0e+00" not in verified, "the check compares something"


def same_after_stops(name: str, folder: Path) -> None:
    for rank in (0, 1):
        whole, stopped = values(folder, name, rank), values(folder / "stopped", name, rank)
        assert stopped["losses"] == whole["losses"]
        assert stopped["validation_losses"] == whole["validation_losses"]
        weights = tensors(folder / "stopped", name, rank)
        for key, weight in tensors(folder, name, rank).items():
            assert torch.equal(weights[key], weight), key


def test_one_rank_is_asked_to_stop_and_both_go_on_to_the_same_bits(
    pair: tuple[Path, Path],
) -> None:
    same_after_stops("lora", pair[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dropout", "full-sharded"])
def test_a_stop_changes_no_bit_with_dropout_or_shards(
    name: str, slow_pair: tuple[Path, Path]
) -> None:
    same_after_stops(name, slow_pair[1])


def test_a_checkpoint_of_two_sharded_processes_is_that_of_one(pair: tuple[Path, Path]) -> None:
    one, two = (
        load_file(folder / "checkpoints" / "full-sharded" / "step-00000010" / "tensors.safetensors")
        for folder in pair
    )
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        assert torch.allclose(two[name], tensor, rtol=1e-4, atol=1e-7), name


def test_every_rank_raises_what_one_of_them_meets(pair: tuple[Path, Path]) -> None:
    for rank in (0, 1):
        changed, differing, full, drifted = json.loads(
            (pair[1] / f"refused.{rank}.json").read_text()
        )
        assert "ranks: 2 then, 1 now" in changed
        assert "ranks [1] differ from rank 0" in differing
        assert "could not be written" in full
        assert "ranks [1] differ from rank 0" in drifted
    assert "train.seed: 0 on rank 0, 1 here. Start" in differing
    assert "bits of the weights" in drifted


def test_a_bad_row_and_too_little_memory_on_one_rank_are_known_to_both(
    pair: tuple[Path, Path],
) -> None:
    first, second = (values(pair[1], "poisoned", rank) for rank in (0, 1))
    assert second["memory"] > 0 == first["memory"], "memory ran out on the second rank only"
    assert str(first["losses"]) == str(second["losses"])
    assert first["journal"] == second["journal"]
    assert sum(loss != loss for loss in first["losses"]) == 2, "row 5 is seen once an epoch"
    assert sum("not finite" in line and "file:5" in line for line in first["journal"]) == 2
    assert sum("out of memory: micro-batches of" in line for line in first["journal"]) == 1
    for key, weight in tensors(pair[1], "poisoned", 0).items():
        assert torch.equal(tensors(pair[1], "poisoned", 1)[key], weight), key
        assert bool(weight.isfinite().all())


@pytest.fixture
def job(tmp_path: Path, loopback: None) -> Iterator[Callable[..., Process]]:
    """Starts two ranks that train on and on, and waits for their first checkpoint."""
    started: list[Process] = []

    def begin(**more: str) -> Process:
        process = start(TORCHRUN, tmp_path, "endless", **more)
        started.append(process)
        until = time.monotonic() + TIMEOUT_S
        while not all((tmp_path / f"pid.{rank}").is_file() for rank in (0, 1)):
            assert process.poll() is None and time.monotonic() < until, finish(process, 1)
            time.sleep(0.05)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def test_a_rank_that_is_killed_ends_the_job(job: Callable[..., Process], tmp_path: Path) -> None:
    process = job()
    os.kill(int((tmp_path / "pid.1").read_text()), signal.SIGKILL)
    started = time.monotonic()
    told = finish(process, 60)
    assert time.monotonic() - started < 45
    assert process.returncode not in (0, None)
    assert "rank 0 of 2: another process of this job has ended" in told
    assert "start the job again to go on" in told
    assert "Traceback" not in told.partition("rank 0 of 2")[0]
    found = checkpoint.latest(tmp_path / "checkpoints" / "endless")
    assert found is not None and not found.notices


@pytest.mark.slow
def test_a_rank_that_hangs_ends_the_job_within_the_timeout(
    job: Callable[..., Process], tmp_path: Path
) -> None:
    process = job(RANKS_TIMEOUT_S="5")
    hanging = int((tmp_path / "pid.1").read_text())
    os.kill(hanging, signal.SIGSTOP)
    started = time.monotonic()
    try:
        told = finish(process, 90)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(hanging, signal.SIGKILL)
    # Five seconds until the first rank gives up, thirty that torchrun grants the second one.
    assert time.monotonic() - started < 60
    assert process.returncode != 0 and "gave no sign for 5 s" in told
    found = checkpoint.latest(tmp_path / "checkpoints" / "endless")
    assert found is not None and not found.notices


@pytest.mark.parametrize("whom", ["a rank", pytest.param("torchrun", marks=pytest.mark.slow)])
def test_sigterm_saves_and_ends_both(
    whom: str, job: Callable[..., Process], tmp_path: Path
) -> None:
    process = job()
    rank = int((tmp_path / "pid.1").read_text())
    os.kill(rank if whom == "a rank" else process.pid, signal.SIGTERM)
    started = time.monotonic()
    told = finish(process, 60)
    assert time.monotonic() - started < 30
    assert told.count("stopped as asked after step") == 2, "both leave, by the same step"
    found = checkpoint.latest(tmp_path / "checkpoints" / "endless")
    assert found is not None and f"saved in {found.path}" in told


def example(number: int, tokens: list[int]) -> RenderedExample:
    trained = [index > 0 for index in range(len(tokens))]
    return RenderedExample(str(number), f"file:{number}", (TokenSequence.of(tokens, trained),))


def test_a_step_is_divided_whole_and_evenly() -> None:
    rng = np.random.default_rng(0)
    for num_parts in (1, 2, 3, 8):
        for num_examples in (1, 2, 7, 30):
            lengths = rng.integers(2, 60, num_examples).tolist()
            examples = [example(i, rng.integers(1, 99, n).tolist()) for i, n in enumerate(lengths)]
            parts = divided(examples, num_parts)
            assert len(parts) == num_parts
            assert sorted(i for part in parts for i in part) == list(range(num_examples))
            heaviest = max(sum(lengths[i] for i in part) for part in parts)
            assert heaviest <= max(4 / 3 * sum(lengths) / num_parts, max(lengths)) + max(lengths)


def test_examples_with_a_common_prefix_go_to_one_rank_where_that_is_lighter() -> None:
    first, second = list(range(1, 51)), list(range(51, 101))
    examples = [example(i, [*(first, second)[i // 4], 200 + i]) for i in range(8)]
    assert divided(examples, 2) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert divided(examples, 2, share_prefixes=False) == [[0, 2, 4, 6], [1, 3, 5, 7]]
    one_prefix = [example(i, [*first, 200 + i, *range(300, 300 + 40 * (i == 0))]) for i in range(8)]
    parts = divided(one_prefix, 2)
    assert all(parts), "one prefix for all is computed on both, as each is lighter then"


def test_a_blank_row_holds_no_loss() -> None:
    assert BLANK.num_tokens == 1 and BLANK.total_weight == 0


def test_without_torchrun_there_is_one_rank_and_no_process_group() -> None:
    with joined() as ranks:
        assert ranks is ALONE and ranks.is_first
        assert not torch.distributed.is_initialized()
        assert ranks.tell({"a": 1}) == {"a": 1} and ranks.table([2]) == [[2]]
        assert ranks.first(lambda: 3) == 3 and not ranks.any(False)
