"""A run begins, or goes on: everything that can be wrong is found before a folder is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whet.config import Config
from whet.configfile import dump_yaml, read_config
from whet.errors import ConfigError, RunError
from whet.launch import refuse_several
from whet.progress import Progress
from whet.project import open_project
from whet.rundir import RunDir, State, write_text
from whet.stages.arms import check_arm_names
from whet.stages.gates import check_gate_files
from whet.stages.job import Job, Options
from whet.stages.judge.setup import check_judge
from whet.stages.metrics import check_metrics
from whet.stages.preparing import prepare
from whet.stages.servable import check_servable
from whet.stages.terms import decoding, frozen_plan


def start(
    source: Config | str | Path,
    overrides: Sequence[str],
    verb: str,
    options: Options,
    progress: Progress,
    root: str | Path | None = None,
) -> Job:
    """A job in a new run folder, or the job of the run folder that `source` names.

    Raises:
        ConfigError, DataError, ModelError: the project cannot be run; no folder was made.
        RunError: the run is complete, or is no run of this verb.
    """
    if verb != "train":
        refuse_several(verb)
    if isinstance(source, str | Path) and (Path(source) / "run.json").is_file():
        return resume(RunDir(Path(source)), overrides, verb, progress)
    project = open_project(source, overrides, root)
    check_arm_names(options.arms, project.config)
    dataset = prepare(project, smoke=options.smoke)
    how = decoding(project.config, dataset)
    check_metrics(project, dataset, how)
    check_servable(project, progress)
    check_judge(project)
    if verb != "train":
        check_gate_files(project)
    if verb != "train" and options.judged == "test" and not options.smoke:
        frozen_plan(project.config, dataset, (), how)
    if verb == "eval" and options.judged == "validation" and not dataset.validation:
        raise ConfigError(
            "whet eval looks at validation items, and there are none. Add data.split.validation:"
            " 0.1, or spend a look at the test set: --split test."
        )
    run = RunDir.create(project.root, verb)
    write_text(run.config, dump_yaml(project.config))
    values = {name: getattr(options, name) for name in Options.__slots__}
    run.note(options=values, data_version=dataset.version)
    progress.say(f"{run.path}")
    return Job(project, run, options, progress, dataset, how)


CHANGED_ON_THE_WAY = ("judge.budget", "judge.sample")
"""How much is judged may change while a run is stopped: more money, or fewer items."""


def resume(run: RunDir, overrides: Sequence[str], verb: str, progress: Progress) -> Job:
    """The job of a run that stopped, with the configuration and data it was started with.

    Raises:
        ConfigError: overrides are given; a run keeps its own configuration, but for what decides
            nothing (`CHANGED_ON_THE_WAY`).
        RunError: the run is complete, is of another verb, or its data have changed.
    """
    record = run.record()
    fixed = [name for o in overrides if (name := o.split("=")[0]) not in CHANGED_ON_THE_WAY]
    if fixed:
        raise ConfigError(
            f"{run.path} goes on with its own config.yaml. Start a new run to change"
            f" {', '.join(fixed)}."
        )
    if record["verb"] != verb:
        raise RunError(f"{run.path} was made by `whet {record['verb']}`: go on with that verb.")
    if run.state is State.COMPLETE:
        raise RunError(f"{run.path} is complete. See it with: whet report {run.path}")
    if overrides:
        write_text(run.config, dump_yaml(read_config(run.config, overrides)))
        run.note(changed=[*record.get("changed", []), *overrides])
    job = reopen(run, progress)
    progress.say(f"{run.path}: going on after {', '.join(record['stages']) or 'the beginning'}")
    return job


def reopen(run: RunDir, progress: Progress) -> Job:
    """The job of a run that is there, in whatever state.

    Raises:
        RunError: its data have changed.
    """
    record = run.record()
    values = record["options"]
    options = Options(**{**values, "arms": tuple(values["arms"])})
    project = open_project(run.config, root=run.root)
    dataset = prepare(project, smoke=options.smoke)
    if dataset.version != record["data_version"]:
        raise RunError(
            f"{run.path}: the data have changed since this run began (version"
            f" {record['data_version']}, now {dataset.version}). Start a new run."
        )
    how = decoding(project.config, dataset)
    return Job(project, run, options, progress, dataset, how, list(record.get("warnings", [])))
