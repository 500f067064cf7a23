"""`whet serve`: one model behind the OpenAI surface, run by an engine that exists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import ConfigError, MissingExtraError, RunError
from whet.progress import Progress, Silent
from whet.project import open_project
from whet.rundir import RunDir, read_json
from whet.serving.server.guard import Keys
from whet.serving.server.keys import keys_for
from whet.serving.target import ENGINES, Target, find_target
from whet.web.address import listen

if TYPE_CHECKING:
    import socket

    from whet.serving.backends.backend import Backend


@dataclass(frozen=True, slots=True)
class ServeSession:
    """A model that is loaded and a port that is taken. `serve` answers; `close` lets go of both.

    `system` is the system prompt that the model was judged with; clients send it themselves.
    """

    url: str
    model: str
    engine: str
    fingerprint: str
    context: int | None
    needs_key: bool
    system: str | None
    _backend: Backend = field(repr=False)
    _socket: socket.socket = field(repr=False)
    _keys: Keys = field(repr=False)

    def serve(self) -> None:
        """Answers until it is interrupted.

        Raises:
            Interrupted: once SIGINT or SIGTERM came and answers under way were finished.
        """
        from whet.serving.server.running import run_server

        run_server(self._backend, self._socket, self._keys)

    def close(self) -> None:
        """Lets go of the model and the port, where `serve` was never called."""
        from whet.serving.opening import close_backend

        self._socket.close()
        close_backend(self._backend)


def serve(
    target: str | Path,
    *,
    engine: str = "auto",
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key_file: str | Path | None = None,
    name: str | None = None,
    context: int | None = None,
    slots: int | None = None,
    progress: Progress | None = None,
) -> ServeSession:
    """A model that is ready to be served at `/v1`.

    Args:
        target: an artifact of `whet export`, a run (its tuned model), a GGUF file, a model folder,
            an adapter folder, or a model's name.
        engine: llama.cpp for a GGUF; transformers, the reference, one answer at a time; vllm, as a
            child process. auto: by the target, and vllm where it is installed beside a GPU.
        host: address to listen on; all but loopback needs a key.
        port: 0 takes a free one.
        api_key_file: keys that clients may send, one a line; else the one in WHET_API_KEY.
        name: what clients call the model; the target's own name by default.
        context: tokens of context an answer; the model's own by default, 8,192 at most for a GGUF.
        slots: answers at a time: 4 in llama.cpp, 64 let through to vllm; transformers takes one.
        progress: what is told on the way.

    Raises:
        MissingExtraError: a package is not installed.
        ConfigError: no such target or engine, no key, no such port.
        WhetError: the model cannot be loaded.
    """
    _require()
    if engine not in ENGINES:
        raise ConfigError(f"--engine {engine}: expected one of {', '.join(ENGINES)}.")
    say = (progress or Silent()).say
    keys = keys_for(host, Path(api_key_file) if api_key_file is not None else None)
    found = _target(target)
    found = replace(found, name=name) if name else found
    from whet.serving.opening import open_backend

    listening = listen(host, port)  # before the model, which takes longer to be refused
    try:
        backend = open_backend(found, engine, context=context, slots=slots, say=say)
    except BaseException:
        listening.close()
        raise
    shown = f"[{host.strip('[]')}]" if ":" in host else host
    about = backend.about
    return ServeSession(
        f"http://{shown}:{listening.getsockname()[1]}/v1",
        about.id, about.engine, about.fingerprint, about.context, bool(keys), found.system,
        backend, listening, Keys.of(keys),
    )  # fmt: skip


def _require() -> None:
    from importlib.util import find_spec

    for package in ("fastapi", "uvicorn", "httpx2"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "serve", "whet serve")


def _target(what: str | Path) -> Target:
    """What is served: of a run, what it trained."""
    if not (Path(what) / "run.json").is_file():
        return find_target(what)
    run = RunDir(Path(what))
    config = open_project(run.config, root=run.root)
    choices = run.file("choices.json")
    system = read_json(choices)["chosen"]["tuned_prompt"] if choices.is_file() else None
    name = f"{run.root.resolve().name}-{run.path.resolve().name}"
    template = config.path(config.config.template) if config.config.template else None
    if run.model.is_dir():
        return Target(name, model=str(run.model.resolve()), template=template, system=system)
    if not run.adapter.is_dir():
        raise RunError(f"{run.path}: nothing was trained in it, so there is nothing to serve.")
    from whet.stages.base_model import model_name

    return Target(
        name,
        model=str(model_name(config, config.config.model)),
        adapter=run.adapter.resolve(),
        template=template,
        four_bit=config.config.train.method == "qlora",
        system=system,
    )
