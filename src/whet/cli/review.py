"""The command line of `whet review`."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from whet.cli import output
from whet.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath
from whet.errors import ConfigError

WORDS = {"serve": 0, "status": 0, "close": 0, "export": 1, "link": 1, "remove": 1, "restore": 1}
OPTIONAL = {"backup": 1}


def command(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN",
            help="The run folder. With --data: data files, or the project's.",
            show_default=False,
        ),
    ] = None,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[status | close | export DIR | link RATER | remove RATER | backup |"
            " restore FILE]",
            help="Without a word the page is served.",
            show_default=False,
        ),
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="The arms to compare, in pairs.", show_default=False),
    ] = None,
    raters: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=20, help="How many people get a link.")
    ] = None,
    items: Annotated[
        str | None,
        typer.Option(metavar="N|FILE", help="How many items are drawn; or a file of item ids."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="validation|test", help="Of which answers.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Freeze another review of the same arms.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8700,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Under which raters come.", show_default=False)
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Training rows instead: keep, fix or drop, worst first.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="With --data: print the ranking.")] = False,
    first: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="With --list: so many rows (20); 0 is all."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --data: write the data as it was decided."),
    ] = None,
    each: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="With --data: so many people a row (1)."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="With --data: compare by words, not by meaning.")
    ] = False,
    losses: Annotated[
        str | None,
        typer.Option(
            metavar="base|RUN",
            help="With --data: the losses of this model are evidence too.",
            show_default=False,
        ),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """The web page for people: blind comparison of answers, or training rows one by one."""
    asked = {"--arms": arms, "--items": items, "--split": split, "--new": new}
    if data:
        from whet.cli.review_data import review_rows

        review_rows(
            [*([str(run)] if run else []), *(what or [])], not_for_rows=asked, config=config,
            listed=listed, first=first, export=export, raters=raters or each or 1,
            each=each or 1, host=host, port=port,
            url=url, fast=fast, losses=losses, as_json=as_json,
        )  # fmt: skip
        return
    _refuse(
        {
            "--list": listed,
            "--first": first,
            "--export": export,
            "--each": each,
            "--fast": fast,
            "--losses": losses,
        }
    )
    if run is None:
        raise ConfigError("whet review: name a run folder, or --data for training rows.")
    named = tuple(arms.split(",")) if arms else ()
    words = list(what or ())
    if not words or words == ["serve"]:
        _serve(
            run, as_json, arms=named, raters=raters, items=_items(items), split=split, host=host,
            port=port, url=url, new=new,
        )  # fmt: skip
        return
    text, values = _act(run, words, named)
    output.print_json(values) if as_json else output.print_text(text)


def _items(asked: str | None) -> int | list[str] | None:
    """A number of items, or the ids that a file names: one a line, bare or as {"item": ID}."""
    if asked is None:
        return None
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if not Path(asked).is_file():
        raise ConfigError(f"--items {asked}: expected a number above 0, or a file of item ids.")
    lines = [line.strip() for line in Path(asked).read_text(encoding="utf-8").split("\n")]
    ids = [_id(line, f"{asked}:{n}") for n, line in enumerate(lines, 1) if line]
    if not ids:
        raise ConfigError(f"--items {asked}: names no item.")
    return ids


def _id(line: str, place: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        return str(json.loads(line)["item"])
    except (ValueError, KeyError):
        raise ConfigError(f'--items {place}: expected an id, or {{"item": ID}}.') from None


def _refuse(asked: dict[str, object]) -> None:
    """Refuses options of the other kind of review."""
    found = [name for name, value in asked.items() if value not in (None, False)]
    if found:
        raise ConfigError(f"whet review: {', '.join(found)} goes with --data.")


def _act(run: Path, words: list[str], arms: tuple[str, ...]) -> tuple[str, Any]:
    from whet.verbs import review_actions

    word, rest = words[0], words[1:]
    wanted = WORDS.get(word, OPTIONAL.get(word))
    if wanted is None:
        known = ", ".join([*WORDS, *OPTIONAL])
        raise ConfigError(f"whet review RUN {word}: expected one of {known}.")
    if len(rest) > wanted or (word in WORDS and len(rest) < wanted):
        raise ConfigError(f"whet review RUN {word} takes {wanted} more word; found {len(rest)}.")
    if word == "status":
        return review_actions.status(run, arms)
    if word == "export":
        done = review_actions.export(run, rest[0], arms)
    elif word == "restore":
        done = review_actions.restore(run, rest[0], arms)
    else:
        done = review_actions.act(run, word, "".join(rest), arms)
    return done.text, done.values


def _serve(run: Path, as_json: bool, **asked: Any) -> None:
    from whet.reviewing.comparing.words import counts_truth
    from whet.verbs.review import review

    session = review(run, **asked)
    if as_json:
        names = (
            "review",
            "digest",
            "arms",
            "pairs",
            "items",
            "masked",
            "identical",
            "links",
            "known",
            "url",
        )
        output.print_json({name: getattr(session, name) for name in names})
    else:
        pairs = ", ".join(f"{a} against {b}" for a, b in session.pairs)
        lines = [f"{session.review}: {session.items} items, {pairs}"]
        lines += [counts_truth(session.items)]
        if session.masked:
            lines.append(f"{session.masked} answers named themselves or a model; that is masked")
        if session.identical:
            lines.append(f"{session.identical} pairs of equal answers count as ties, unseen")
        lines += ["", "Links, one a person, shown only now:"] if session.links else []
        lines += [f"  {name}: {link}" for name, link in session.links.items()]
        if session.known:
            lines.append(
                f"Have theirs: {', '.join(session.known)} (new: whet review RUN link NAME)"
            )
        lines += ["", f"Serving {session.url}. Ctrl-C ends it; every vote is kept."]
        output.print_text("\n".join(lines))
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):  # the way to end it
        session.serve()
    if not as_json:
        from whet.verbs import review_actions

        output.print_text(review_actions.status(run, session.arms)[0])
