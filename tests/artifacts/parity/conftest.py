"""Tuned models to prove exports of: a small Llama with BOS, and the two real ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from parity_models import (
    STORIES_TEMPLATE,
    Tuned,
    train_adapter,
    write_adapter,
    write_base,
    write_merged,
)

from whet.models import nano


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """A random Llama with its own output head."""
    folder = tmp_path_factory.mktemp("llama")
    base = write_base("llama", folder / "base")
    adapter = write_adapter(base, folder / "adapter")
    other = write_adapter(base, folder / "other", seed=5)
    return Tuned(base, adapter, other, write_merged(base, adapter, folder / "merged"))


@pytest.fixture(scope="session")
def tuned_nano(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """whet-nano with trained adapters: tied head, ChatML, no BOS."""
    folder = tmp_path_factory.mktemp("nano")
    base = Path(nano.folder())
    adapter = train_adapter(base, folder / "adapter", None)
    other = train_adapter(base, folder / "other", None, seed=1)
    return Tuned(base, adapter, other, write_merged(base, adapter, folder / "merged"))


@pytest.fixture(scope="session")
def tuned_stories(stories: Path, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """stories260K with trained adapters: tied head, SentencePiece, a template that writes BOS."""
    folder = tmp_path_factory.mktemp("stories")
    base = folder / "base"
    shutil.copytree(stories, base)
    (base / "chat_template.jinja").write_text(STORIES_TEMPLATE)
    adapter = train_adapter(base, folder / "adapter", None)
    other = train_adapter(base, folder / "other", None, seed=1)
    return Tuned(base, adapter, other, write_merged(base, adapter, folder / "merged"))


@pytest.fixture
def copy_of(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A function that copies a merged folder, for a fault to be planted in."""

    def copy(folder: Path, name: str = "faulty") -> Path:
        return Path(shutil.copytree(folder, tmp_path / name))

    return copy
