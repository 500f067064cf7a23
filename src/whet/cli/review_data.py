"""The part of `whet review` that is for training rows: `--data`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli import output
from whet.cli.options import parse
from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.verbs.review_data import RowsToReview

WORDS = ("link", "remove")
NUM_LISTED = 20


def review_rows(
    arguments: Sequence[str],
    *,
    config: Path,
    not_for_rows: Mapping[str, object],
    listed: bool = False,
    first: int | None = None,
    export: Path | None = None,
    raters: int = 1,
    each: int = 1,
    host: str = "127.0.0.1",
    port: int = 8700,
    url: str | None = None,
    fast: bool = False,
    losses: str | None = None,
    as_json: bool = False,
) -> None:
    """Prints the ranking, writes what was decided, or opens the page.

    `arguments` are data files and keys to override; `link RATER` and `remove RATER` may end them.

    Raises:
        ConfigError: options that do not go together.
    """
    from whet.cli.progress import Terminal
    from whet.verbs.review_data import list_rows, prepare_rows
    from whet.verbs.review_export import export_rows
    from whet.verbs.review_raters import act_on_rater

    names, act = _act_of(arguments)
    parsed = parse(names)
    paths, overrides = [Path(name) for name in parsed.targets], parsed.overrides
    _refuse(not_for_rows, listed, first, export)
    if act:
        done = act_on_rater(*act, paths, config=config, overrides=overrides)
        output.print_json(done) if as_json else output.print_text(done.text())
        return
    if export is not None:
        written = export_rows(paths, out=export, config=config, overrides=overrides)
        output.print_json(written) if as_json else output.print_text(written.text())
        return
    with Terminal() as progress:
        rows = prepare_rows(
            paths,
            config=config,
            overrides=overrides,
            by_meaning=not fast,
            losses=losses,
            progress=progress,
        )
    if listed:
        found = list_rows(rows, (NUM_LISTED if first is None else first) or None)
        output.print_json(found) if as_json else output.print_text(found.text())
        return
    _serve(rows, raters=raters, each=each, host=host, port=port, url=url, as_json=as_json)


def _act_of(arguments: Sequence[str]) -> tuple[list[str], tuple[str, str] | None]:
    names = list(arguments)
    if len(names) > 1 and names[-2] in WORDS and not Path(names[-2]).exists():
        return names[:-2], (names[-2], names[-1])
    return names, None


def _refuse(
    not_for_rows: Mapping[str, object], listed: bool, first: int | None, export: Path | None
) -> None:
    found = [name for name, value in not_for_rows.items() if value not in (None, False)]
    if found:
        raise ConfigError(f"whet review --data: {', '.join(found)} goes with a run's answers.")
    if listed and export is not None:
        raise ConfigError("whet review --data: --list or --export, not both.")
    if first is not None and not listed:
        raise ConfigError("whet review --data: --first goes with --list.")


def _serve(
    rows: RowsToReview,
    *,
    raters: int,
    each: int,
    host: str,
    port: int,
    url: str | None,
    as_json: bool,
) -> None:
    from whet.verbs.review_data import open_rows
    from whet.web.keys import REVIEW_KEY

    review = open_rows(
        rows,
        raters=raters,
        each=each,
        host=host,
        port=port,
        url=url,
        key=os.environ.get(REVIEW_KEY),
    )
    if as_json:
        output.print_json(review.told())
    else:
        output.print_text(review.text())
    sys.stdout.flush()
    review.serve()
