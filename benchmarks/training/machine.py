"""What was measured on: processor, versions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def processor() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def version_of(package: str) -> str | None:
    """The installed version, None where it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
