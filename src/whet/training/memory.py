"""Memory: what is free, what a step took, and how freed blocks are kept or given back."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from pathlib import Path
from typing import Any

import torch

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names and numbers of glibc's malloc.h
KEPT_BLOCK_BYTES = 32 * 2**20
NO_MEMORY = (
    *("DefaultCPUAllocator", "std::bad_alloc", "Cannot allocate memory"),
    *("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED"),
)
CGROUP = Path("/sys/fs/cgroup")
PROCESS = Path("/proc/self")


def free_bytes(device: torch.device) -> int:
    """What may still be allocated: by this GPU, or by the tightest limit on this process."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limits = [_available_bytes(), _cgroup_free_bytes()]
    if soft != resource.RLIM_INFINITY and (size := _status_bytes("VmSize")) is not None:
        limits.append(soft - size)
    known = [limit for limit in limits if limit is not None]
    return max(0, min(known, default=2**33))


class PeakMeter:
    """What is taken above that at the start, seen from the process's or the GPU's peak.

    A GPU's peak is counted anew from here on; a process's cannot be.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        self.free_bytes = free_bytes(device)
        self._held = _held_bytes(device)
        self._peak = peak_bytes(device)

    def growth_bytes(self) -> int | None:
        """The most since the start; None where an earlier peak was higher and nothing is seen."""
        peak = peak_bytes(self.device)
        if self._held is None or peak <= self._peak:
            return None
        return peak - self._held


def peak_bytes(device: torch.device) -> int:
    """The largest memory held so far: of the GPU, or resident on the host."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if (high_water := _status_bytes("VmHWM")) is not None:
        return high_water
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def keep_freed_blocks() -> None:
    """Tells glibc to keep freed blocks of up to 32 MB for the next step instead of unmapping them.

    Each step allocates the same activations again; fetching their pages anew costs 3 to 18 % of a
    step of a small model. Elsewhere (macOS, musl) nothing happens.
    """
    if (mallopt := _libc_function("mallopt")) is not None:
        for option, value in (
            (M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES),
            (M_TRIM_THRESHOLD, 2**31 - 1),
        ):
            mallopt(option, value)


def give_back_freed_blocks() -> None:
    """Returns what is freed but kept, on a GPU and on the host; cycles of objects are freed."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if (malloc_trim := _libc_function("malloc_trim")) is not None:
        malloc_trim(0)


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, in any of the ways in which torch says it."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in NO_MEMORY)


def _libc_function(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def _available_bytes() -> int | None:
    """What the system could give without swapping."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _cgroup_free_bytes() -> int | None:
    """What the container's limit leaves (cgroup version 2)."""
    try:
        limit = (CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = (CGROUP / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return None if limit == "max" else int(limit) - int(used)


def _status_bytes(name: str) -> int | None:
    try:
        lines = (PROCESS / "status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 if found else None


def _held_bytes(device: torch.device) -> int | None:
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else _status_bytes("VmRSS")
