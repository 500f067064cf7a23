"""What is not built in, by a checkout of llama.cpp that the user names, as child processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from whet.artifacts.gguf.precision import PRECISIONS
from whet.artifacts.gguf.writer import write_built_in
from whet.artifacts.weights import Weights
from whet.errors import ModelError

CONVERTER = "convert_hf_to_gguf.py"
QUANTIZER = "llama-quantize"
PLACES = ("build/bin", "build/bin/Release", "build", ".")
OUT_TYPES = {"F32": "f32", "F16": "f16", "BF16": "bf16", "Q8_0": "q8_0"}
SHARD_BYTES = 2_000_000_000
NOT_MEASURED = "written by {} of the llama.cpp checkout {}, not by whet"


class Checkout:
    """A folder with llama.cpp's sources and programs.

    Raises:
        ModelError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ModelError(f"--llama-cpp {folder}: there is no such folder.")
        self.folder = folder.resolve()

    def write(
        self, weights: Weights, file: Path, kind: str, name: str, *, built_in: bool
    ) -> tuple[str, ...]:
        """Writes a GGUF file of any family or kind that the checkout knows.

        A family that is built in is written here in full precision and only quantised there.

        Raises:
            ModelError: a program is missing, or fails; its last lines are told.
        """
        with tempfile.TemporaryDirectory(prefix="whet-gguf-", dir=file.parent) as place:
            full = Path(place) / "full.gguf"
            notices: tuple[str, ...] = ()
            if built_in:
                notices = write_built_in(weights, full, PRECISIONS["F32"], name)
            else:
                direct = kind in OUT_TYPES
                self._convert(weights, full, OUT_TYPES.get(kind, "f32"), name)
                notices = (NOT_MEASURED.format(CONVERTER, self.folder),)
                if direct:
                    os.replace(full, file)
                    return notices
            self._quantize(full, file, kind)
        return (*notices, NOT_MEASURED.format(QUANTIZER, self.folder))

    def _convert(self, weights: Weights, file: Path, out_type: str, name: str) -> None:
        script = self.folder / CONVERTER
        if not script.is_file():
            raise ModelError(f"--llama-cpp {self.folder}: has no {CONVERTER}.")
        model = file.parent / "model"
        _write_folder(weights, model)
        arguments = [str(model), "--outfile", str(file), "--outtype", out_type]
        self._call([sys.executable, str(script), *arguments, "--model-name", name], file)

    def _quantize(self, source: Path, file: Path, kind: str) -> None:
        suffix = ".exe" if os.name == "nt" else ""
        places = [self.folder / place / f"{QUANTIZER}{suffix}" for place in PLACES]
        program = next((place for place in places if place.is_file()), None)
        if program is None:
            raise ModelError(
                f"--llama-cpp {self.folder}: has no {QUANTIZER} (looked into {', '.join(PLACES)}). "
                "Build it: cmake -B build && cmake --build build --target llama-quantize"
            )
        part = source.with_name("quantised.gguf")
        self._call([str(program), str(source), str(part), kind], part)
        os.replace(part, file)

    def _call(self, command: list[str], made: Path) -> None:
        done = subprocess.run(  # noqa: S603 - the user named the checkout to be run
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if done.returncode != 0 or not made.is_file():
            said = (done.stderr + done.stdout).decode("utf-8", "replace").strip().splitlines()
            raise ModelError(
                f"{' '.join(command)} failed with status {done.returncode}:\n"
                + "\n".join(said[-8:])
            )


def _write_folder(weights: Weights, folder: Path) -> None:
    """The model as a folder that the converter reads: companions, and weights in shards."""
    shutil.copytree(weights.folder, folder, ignore=shutil.ignore_patterns("*.safetensors*"))
    shard: dict[str, Any] = {}
    size = 0
    files: list[Path] = []
    for name in weights.names():
        tensor = weights.tensor(name).contiguous()
        if shard and size + tensor.nbytes > SHARD_BYTES:
            files.append(_write_shard(shard, folder, len(files)))
            shard, size = {}, 0
        shard[name] = tensor
        size += tensor.nbytes
    files.append(_write_shard(shard, folder, len(files)))
    for number, made in enumerate(files, 1):
        made.rename(folder / f"model-{number:05d}-of-{len(files):05d}.safetensors")


def _write_shard(shard: dict[str, Any], folder: Path, number: int) -> Path:
    from safetensors.torch import save_file

    path = folder / f"part-{number}.tmp"
    save_file(shard, path, metadata={"format": "pt"})
    return path
