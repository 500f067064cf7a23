"""`whet chat`: base and tuned model side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from whet.artifacts.opening import is_artifact, open_artifact
from whet.config import Config
from whet.engines.completer import EngineCompleter
from whet.errors import ConfigError, RunError
from whet.infer.streaming import stream
from whet.progress import Progress, Silent
from whet.project import Project, open_project
from whet.rundir import RunDir, read_json, run_folders
from whet.stages.base_model import require_models
from whet.stages.models import Models
from whet.types import Completer, Decoding, Message
from whet.verbs.chat_file import AnsweredFile, answer_file

Told = Callable[[str, str], None]
"""Is given a model's name and the next piece of its answer."""


def _close_nothing() -> None:
    """Nothing is to be let go of."""


@dataclass
class Chat:
    """A conversation held with several models at once, each with its own history.

    Call `say` with a message; it returns each model's answer by name. `reset` forgets all.
    """

    completers: dict[str, Completer]
    prompts: dict[str, str | None]
    decoding: Decoding
    histories: dict[str, list[Message]] = field(default_factory=dict)
    close: Callable[[], None] = field(default=_close_nothing)
    """Lets go of an artifact's engine; the models of a run need no closing."""

    def say(self, text: str, told: Told | None = None) -> dict[str, str]:
        """Each model's answer to the message, given what that model said before.

        `told` is given the answers' pieces while they are written, one model after the other. Where
        it is stopped halfway, nothing of the message stays in the histories.
        """
        answers: dict[str, str] = {}
        grown: dict[str, list[Message]] = {}
        for name, completer in self.completers.items():
            asked: list[Message] = [
                *self.histories.get(name, self._opening(name)),
                {"role": "user", "content": text},
            ]
            hear = partial(told, name) if told else _hear_nothing
            answers[name] = stream(completer, asked, self.decoding, hear).text
            grown[name] = [*asked, {"role": "assistant", "content": answers[name]}]
        self.histories.update(grown)
        return answers

    def reset(self) -> None:
        """Forgets what was said."""
        self.histories.clear()

    def answer_file(
        self, source: Path, output: Path, *, resume: bool = False, progress: Progress | None = None
    ) -> AnsweredFile:
        """Every model's answer to every row of a file; see `whet.verbs.chat_file`."""
        return answer_file(
            self.completers,
            self.prompts,
            self.decoding,
            source,
            output,
            resume=resume,
            progress=progress,
        )

    def _opening(self, name: str) -> list[Message]:
        prompt = self.prompts[name]
        return [{"role": "system", "content": prompt}] if prompt else []


def _hear_nothing(_: str) -> None:
    """Nobody listens."""


def chat(
    source: Config | str | Path = "whet.yaml",
    *overrides: str,
    adapter: str | Path | None = None,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> Chat:
    """A conversation with the base model and, where there is one, the tuned model.

    Args:
        source: a run; a project: then its newest run that trained something is taken; an
            artifact's folder or a GGUF file, which is then asked alone.
        overrides: `key=value` strings that go over the project's file.
        adapter: a PEFT adapter from elsewhere instead.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way.

    Raises:
        WhetError: the project or the run cannot be used.
    """
    require_models()
    if not isinstance(source, Config) and is_artifact(Path(source)):
        if adapter is not None or overrides:
            raise ConfigError(f"{source}: is asked as it is, without --adapter and key=value.")
        return _with_artifact(Path(source))
    project, run = _open(source, overrides, root)
    if adapter is not None and not (Path(adapter) / "adapter_config.json").is_file():
        raise ConfigError(f"--adapter: {adapter}: no PEFT adapter (it has no adapter_config.json).")
    models = Models(project, run, progress or Silent(), str(adapter) if adapter else None)
    prompt, tuned_prompt = _prompts(project, run)
    completers = {"base": models.base()}
    if adapter is not None or (run and (run.adapter.is_dir() or run.model.is_dir())):
        completers["tuned"] = models.tuned()
    generate = project.config.generate
    decoding = Decoding(generate.temperature, generate.max_new_tokens, generate.stop)
    return Chat(completers, {"base": prompt, "tuned": tuned_prompt}, decoding)


def _with_artifact(path: Path) -> Chat:
    opened = open_artifact(path)
    completers: dict[str, Completer] = {opened.name: EngineCompleter(opened.engine)}
    return Chat(completers, {opened.name: opened.system}, Decoding(), close=opened.engine.close)


def _open(
    source: Config | str | Path, overrides: tuple[str, ...], root: str | Path | None
) -> tuple[Project, RunDir | None]:
    if not isinstance(source, Config) and (Path(source) / "run.json").is_file():
        run = RunDir(Path(source))
        if not (run.adapter.is_dir() or run.model.is_dir()):
            raise RunError(f"{run.path}: nothing was trained in it.")
        return open_project(run.config, root=run.root), run
    project = open_project(source, overrides, root)
    runs = map(RunDir, reversed(run_folders(project.root)))
    return project, next((r for r in runs if r.adapter.is_dir() or r.model.is_dir()), None)


def _prompts(project: Project, run: RunDir | None) -> tuple[str | None, str | None]:
    """The system prompts of base and tuned: what the run chose, or the project's first."""
    if run is not None and run.file("choices.json").is_file():
        chosen = read_json(run.file("choices.json"))["chosen"]
        return chosen["prompt"], chosen["tuned_prompt"]
    names = project.config.prompt
    text = project.read_text(names[0], "prompt") if names else project.config.task or None
    return text, text
