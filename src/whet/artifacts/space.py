"""Room on the disk, asked for before it is needed."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path


def require_space(folder: Path, num_bytes: int) -> None:
    """Refuses to begin a file that cannot fit.

    Raises:
        OSError: fewer than `num_bytes` are free where the folder is (ENOSPC).
    """
    free = shutil.disk_usage(folder).free
    if free < num_bytes:
        reason = f"No space left on device ({num_bytes:,} bytes are needed, {free:,} are free)"
        raise OSError(errno.ENOSPC, reason, str(folder))
