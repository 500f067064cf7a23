"""`whet review --data ... link RATER` and `remove RATER`: who may come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.config import Config
from whet.reviewing.rows.decisions import REVIEW
from whet.reviewing.store import open_history
from whet.verbs.loose_files import project_or_files
from whet.verbs.review_data import store_folder


@dataclass(frozen=True, slots=True)
class RaterChange:
    """What was done about a rater; `link` is the path of a new link, shown only now."""

    rater: str
    done: str
    link: str = ""

    def text(self) -> str:
        """What a person reads on the terminal."""
        if not self.link:
            return f"{self.rater} was removed; what they decided stays."
        return (
            f"{self.rater} comes in by {self.link} at the server's address; the old link is dead."
        )


def act_on_rater(
    act: str,
    rater: str,
    files: Sequence[str | Path] = (),
    *,
    config: Config | str | Path = "whet.yaml",
    overrides: Sequence[str] = (),
    store: str | Path | None = None,
    root: str | Path | None = None,
) -> RaterChange:
    """Gives a rater a new link (`link`), or ends a rater's part (`remove`).

    Raises:
        ConfigError: there is no such rater.
        StoreError: a server has the decisions open; stop it first.
    """
    from whet.reviewing.comparing.people import new_link, remove

    project = project_or_files(files, config, overrides, None, root)
    history = open_history(store_folder(project, files, store), REVIEW)
    try:
        if act == "remove":
            remove(history, rater)
            return RaterChange(rater, "removed")
        return RaterChange(rater, "new_link", f"/enter/{new_link(history, rater)}")
    finally:
        history.close()
