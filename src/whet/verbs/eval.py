"""`whet eval`: the arms and gates, for any model, foreign adapter, endpoint or ready answers."""

from __future__ import annotations

from pathlib import Path

from whet.config import Config
from whet.errors import ConfigError, RunError
from whet.progress import Progress, Silent
from whet.rundir import RunDir
from whet.stages.baselines import choose_baselines
from whet.stages.candidates import answer_all
from whet.stages.checking import write_check
from whet.stages.failures import analyse_failures
from whet.stages.gates import measure_gates
from whet.stages.job import Options, Stage, work
from whet.stages.judge.stage import judge_answers
from whet.stages.planning import freeze_plan
from whet.stages.reporting import write_report
from whet.stages.scoring import measure_scores
from whet.stages.starting import start
from whet.verbs.run import RunResult, result_of

STAGES: tuple[Stage, ...] = (
    ("check", write_check),
    ("baselines", choose_baselines),
    ("plan", freeze_plan),
    ("candidates", answer_all),
    ("scores", measure_scores),
    ("gates", measure_gates),
    ("judge", judge_answers),
    ("failures", analyse_failures),
    ("report", lambda job: write_report(job.run)),
)
SPLITS = ("validation", "test")


def eval(
    source: Config | str | Path = "whet.yaml",
    *overrides: str,
    split: str = "validation",
    arms: tuple[str, ...] | None = None,
    adapter: str | Path | None = None,
    predictions: str | Path | None = None,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Answers, metrics and gates of every arm; on the test set also a verdict.

    Args:
        source: a project's file or folder, a `Config`, or a run whose adapter is judged with its
            own configuration.
        overrides: `key=value` strings that go over the file.
        split: `validation` decides nothing and costs nothing; `test` is a look, and counted.
        arms: only these; all by default.
        adapter: a PEFT adapter folder from anywhere, judged as `tuned`.
        predictions: a file of ready answers, judged as `tuned`.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way; nothing by default.

    Raises:
        WhetError: a mistake in the project or in the arguments, in one message.
    """
    if split not in SPLITS:
        raise ConfigError(f"--split: {split!r}; expected one of {', '.join(SPLITS)}.")
    if adapter is not None and predictions is not None:
        raise ConfigError("give --adapter or --predictions, not both.")
    if adapter is not None and not (Path(adapter) / "adapter_config.json").is_file():
        raise ConfigError(f"--adapter: {adapter}: no PEFT adapter (it has no adapter_config.json).")
    if predictions is not None and not Path(predictions).is_file():
        raise ConfigError(f"--predictions: {predictions}: no such file.")
    source, root, trained = _of_run(source, root)
    options = Options(
        judged=split,
        adapter=str(Path(adapter).resolve()) if adapter is not None else trained,
        predictions=str(Path(predictions).resolve()) if predictions is not None else None,
        arms=tuple(arms or ()),
    )
    if predictions is not None:
        options = Options(split, predictions=options.predictions, arms=options.arms)
    job = start(source, overrides, "eval", options, progress or Silent(), root)
    work(job, STAGES)
    return result_of(job)


def _of_run(
    source: Config | str | Path, root: str | Path | None
) -> tuple[Config | str | Path, str | Path | None, str | None]:
    """For a trained run: its configuration, its project, and what it trained."""
    if isinstance(source, Config) or not (Path(source) / "run.json").is_file():
        return source, root, None
    run = RunDir(Path(source))
    if run.record()["verb"] == "eval":
        return source, root, None
    trained = next((p for p in (run.adapter, run.model) if p.is_dir()), None)
    if trained is None:
        raise RunError(f"{run.path}: nothing was trained in it, so there is nothing to evaluate.")
    return run.config, run.root, str(trained.resolve())
