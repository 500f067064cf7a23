"""`whet run`: the main job, from examples to a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whet.config import Config
from whet.errors import ConfigError
from whet.progress import Progress, Silent
from whet.reporting import Report, check_report
from whet.rundir import read_json
from whet.stages.baselines import choose_baselines
from whet.stages.candidates import answer_all
from whet.stages.checking import write_check
from whet.stages.failures import analyse_failures
from whet.stages.gates import measure_gates
from whet.stages.job import Job, Options, Stage, work
from whet.stages.judge.stage import judge_answers
from whet.stages.planning import freeze_plan
from whet.stages.reporting import write_report
from whet.stages.scoring import measure_scores
from whet.stages.starting import start
from whet.stages.training import train_candidates

STAGES: tuple[Stage, ...] = (
    ("check", write_check),
    ("baselines", choose_baselines),
    ("plan", freeze_plan),
    ("train", train_candidates),
    ("candidates", answer_all),
    ("scores", measure_scores),
    ("gates", measure_gates),
    ("judge", judge_answers),
    ("failures", analyse_failures),
    ("report", lambda job: write_report(job.run)),
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: its folder, its verdict and the whole report."""

    run: Path
    verdict: str | None
    reasons: list[str]
    report: Report

    @property
    def adapter(self) -> Path | None:
        """The trained adapter or model, where something was trained."""
        name = self.report["adapter"]
        return self.run / name if name else None


def run(
    source: Config | str | Path = "whet.yaml",
    *overrides: str,
    smoke: bool = False,
    train_anyway: bool = False,
    accept_changes: bool = False,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Check, baselines, train, evaluate, verdict, report.

    Args:
        source: a project's file or folder, a `Config`, or the folder of a run that was stopped.
        overrides: `key=value` strings that go over the file.
        smoke: eight rows, two steps, every part once; no test item is touched, no verdict given.
        train_anyway: train even where validation says that nothing can be gained or shown.
        accept_changes: go on with a stopped run although versions have changed; it is recorded.
        root: what paths of a `Config` are relative to; the current folder by default.
        progress: what is told on the way; nothing by default.

    Raises:
        WhetError: a mistake in the project, in one message.
        Interrupted: asked to stop; `run` on the run's folder goes on.
    """
    options = Options(smoke=smoke, train_anyway=train_anyway)
    job = start(source, overrides, "run", options, progress or Silent(), root)
    if not job.options.smoke and not job.dataset.train:
        raise ConfigError("data.train: no row is left to train on.")
    job.accept_changes = accept_changes
    work(job, STAGES)
    return result_of(job)


def result_of(job: Job) -> RunResult:
    """What a finished job found."""
    report = check_report(read_json(job.run.report_json))
    return RunResult(job.run.path, report["verdict"], report["reasons"], report)
