"""`whet verdict`: verdict and report again, from stored answers and votes, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whet.errors import ConfigError
from whet.evals.gates import Waiver
from whet.rundir import RunDir
from whet.stages.judging import record_waivers
from whet.stages.reporting import write_report
from whet.verbs.run import RunResult


def verdict(run: str | Path, *, waive: Sequence[str] = (), by: str | None = None) -> RunResult:
    """Judges a run's stored answers again; the look stays the one that the run took.

    Args:
        run: the run folder.
        waive: `GATE=REASON` strings: inconclusive gates that a person lets pass, recorded for good.
        by: that person's name; needed with `waive`.

    Raises:
        RunError: the run did not get as far as answers.
        ConfigError: a waiver without a name or a reason, or of a gate that is not inconclusive.
    """
    folder = RunDir(Path(run))
    waivers: dict[str, Waiver] = {}
    for text in waive:
        gate, _, reason = text.partition("=")
        if not reason.strip() or not (by or "").strip():
            raise ConfigError(f"--waive {text}: expected GATE=REASON, and --by NAME beside it.")
        waivers[gate.strip()] = Waiver(str(by), reason)
    if waivers:
        record_waivers(folder, waivers)
    report = write_report(folder)
    return RunResult(folder.path, report["verdict"], report["reasons"], report)
