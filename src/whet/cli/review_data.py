"""The part of `whet review` that is for training rows: `--data`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from whet.cli import output

KEY_VARIABLE = "WHET_REVIEW_KEY"


def review_rows(
    files: Sequence[str],
    *,
    config: Path,
    overrides: Sequence[str],
    listed: int | None = None,
    export: Path | None = None,
    raters: int = 1,
    raters_a_row: int = 1,
    relink: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int = 8700,
    url: str | None = None,
    fast: bool = False,
    as_json: bool = False,
) -> int:
    """Lists the ranking (`listed` rows; 0: all), writes what was decided, or opens the page."""
    from whet.cli.progress import Terminal
    from whet.verbs.review_data import export_rows, list_rows, open_rows, prepare_rows

    paths = [Path(name) for name in files]
    if export is not None:
        out = None if str(export) in ("", ".") else export
        written = export_rows(paths, out=out, config=config, overrides=overrides)
        output.print_json(written) if as_json else output.print_text(written.text())
        return 0
    with Terminal() as progress:
        rows = prepare_rows(
            paths, config=config, overrides=overrides, by_meaning=not fast, progress=progress
        )
    if listed is not None:
        found = list_rows(rows, listed or None)
        output.print_json(found) if as_json else output.print_text(found.text())
        return 0
    review = open_rows(
        rows, raters=raters, raters_a_row=raters_a_row, relink=relink, host=host, port=port,
        url=url, key=os.environ.get(KEY_VARIABLE),
    )  # fmt: skip
    told = [f"{len(rows.ranking.suspects):,} training rows; decisions are kept in {rows.folder}"]
    told += [f"{name}: {link}" for name, link in review.links.items()]
    if not review.links:
        told.append("Raters come by the links they have. A lost one: --relink rater-1")
    told += [f"Open until Ctrl C at {review.base}. Then: whet review --data --export DIR"]
    output.print_text("\n".join(told))
    sys.stdout.flush()
    review.serve()
    return 0
