"""The models of a run: the base, the tuned one, and others that the project names.

With LoRA base and tuned are one set of weights whose adapter is switched off or on, so a run needs
the memory of one model. What is judged is always what was saved: the tuned model is loaded from
the run folder, never taken from the trainer's hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.infer.streaming import Told, stream
from whet.launch import num_processes
from whet.progress import Progress
from whet.project import Project
from whet.rundir import RunDir
from whet.stages.base_model import model_name
from whet.types import Completer, Completion, Decoding, Messages, Tools

if TYPE_CHECKING:
    from whet.models.load import LoadedModel


class Models:
    """Loads each model when it is first asked for."""

    def __init__(
        self, project: Project, run: RunDir | None, progress: Progress, adapter: str | None
    ) -> None:
        self._project, self._run, self._progress = project, run, progress
        self._foreign = Path(adapter) if adapter else None

    @property
    def adapter(self) -> Path:
        """The adapter that is judged: one from elsewhere, or this run's own."""
        if self._foreign is not None:
            return self._foreign
        assert self._run is not None, "without a run an adapter is named"
        return self._run.adapter

    @cached_property
    def base_model(self) -> LoadedModel:
        """The base model in inference mode, in 4 bits where its adapter is trained on it so."""
        return self.load(self._project.config.model, four_bit=self._four_bit())

    def _four_bit(self) -> bool:
        """As an adapter from elsewhere says of itself; else as this project trains."""
        if self._foreign is not None:
            return _in_four_bits(self._foreign)
        return self._project.config.train.method == "qlora"

    def load(self, name: str, *, four_bit: bool = False) -> LoadedModel:
        """A model that the project names, with the project's template."""
        from whet.models.load import load_model

        config = self._project.config
        bits = ", linear layers in 4 bits (NF4): so it is trained on and judged" if four_bit else ""
        self._progress.say(f"loading {name}{bits}")
        # What is cut over the ranks goes to their devices layer by layer.
        is_cut = config.train.sharding == "full" and num_processes() > 1
        loaded = load_model(
            model_name(self._project, name),
            template=self._project.path(config.template) if config.template else None,
            device="cpu" if is_cut else None,
            four_bit=four_bit,
        )
        for notice in loaded.notices:
            self._progress.say(notice)
        return loaded

    def about(self) -> dict[str, Any]:
        """Name, identity and size of the base model, for the report."""
        from whet.models.four_bit import num_weights

        loaded = self.base_model
        return {
            "name": self._project.config.model,
            "identity": loaded.identity,
            "num_parameters": num_weights(loaded.model),
        }

    def forget(self) -> None:
        """Lets go of every model, so that the next one asked for comes fresh from disk."""
        for name in ("base_model", "tuned_model"):
            self.__dict__.pop(name, None)

    @cached_property
    def tuned_model(self) -> LoadedModel:
        """The tuned model. With an adapter it is the base model's own object, adapter on."""
        from whet.models.adapter import load_adapter

        trained = self._run.model if self._run and not self._foreign else self._foreign
        if trained is not None and (trained / "config.json").is_file():
            return self.load(str(trained.resolve()))
        loaded = self.base_model
        load_adapter(loaded, self.adapter)
        return loaded

    def without_adapter(self) -> AbstractContextManager[None]:
        """Within it the base model answers as the base model does."""
        from whet.models.lora import adapter_disabled

        if "tuned_model" in self.__dict__ and self.tuned_model is self.base_model:
            return adapter_disabled(self.base_model.model)
        return nullcontext()

    def base(self) -> Completer:
        """Answers of the base model."""
        completer = _completer(self.base_model, self.base_model.identity)
        return _Guarded(completer, self.without_adapter)

    def tuned(self) -> Completer:
        """Answers of the tuned model."""
        loaded = self.tuned_model
        return _completer(loaded, self.tuned_identity())

    def tuned_identity(self) -> str:
        """Base and adapter in one string; equal ones answer alike."""
        from whet.models.files import digest

        if self.tuned_model is not self.base_model:
            return self.tuned_model.identity
        files = sorted(self.adapter.glob("adapter_*"))
        return f"{self.base_model.identity}+{digest(files)}"

    def other_model(self, name: str | None, adapter: str | None) -> LoadedModel:
        """Another model or adapter that an arm names."""
        from whet.models.adapter import load_adapter

        folder = None if adapter is None else self._project.path(adapter)
        four_bit = folder is not None and _in_four_bits(folder)
        loaded = self.load(name or self._project.config.model, four_bit=four_bit)
        if folder is not None:
            load_adapter(loaded, folder)
        return loaded

    def other(self, name: str | None, adapter: str | None) -> Completer:
        """Answers of another model or adapter that an arm names."""
        from whet.models.files import digest

        folder = None if adapter is None else self._project.path(adapter)
        loaded = self.other_model(name, adapter)
        identity = loaded.identity
        if folder is not None:
            identity += f"+{digest(sorted(folder.glob('adapter_*')))}"
        return _completer(loaded, identity)


def _in_four_bits(adapter: Path) -> bool:
    from whet.models.adapter import was_trained_in_four_bits

    return was_trained_in_four_bits(adapter)


class _Guarded:
    """A completer that answers within a context."""

    def __init__(self, inner: Completer, context: object) -> None:
        self.identity = inner.identity
        self._inner, self._context = inner, context

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """The inner completer's answers."""
        with self._context():  # type: ignore[operator]
            return self._inner.complete(prompts, decoding, tools)

    def stream(
        self, prompt: Messages, decoding: Decoding, told: Told, tools: Tools = ()
    ) -> Completion:
        """The inner completer's answer, told as it is written."""
        with self._context():  # type: ignore[operator]
            return stream(self._inner, prompt, decoding, told, tools)


def _completer(loaded: LoadedModel, identity: str) -> Completer:
    from whet.infer import LocalCompleter
    from whet.models.four_bit import write_out

    if loaded.device.type == "cpu":
        write_out(loaded.model)
    return LocalCompleter(
        loaded.model,
        loaded.tokenizer,
        stop_ids=loaded.stop_ids,
        identity=f"{identity}/{loaded.dtype}",
        max_positions=loaded.max_positions,
    )
