"""The page's background: how training went, what was tried, what the data's check said."""

from __future__ import annotations

from whet.reporting import figures
from whet.reporting.markup import Child, Html, element, join
from whet.reporting.page.curves import curves, finite, sample
from whet.reporting.page.parts import (
    bullets,
    facts,
    figure,
    folded,
    mark,
    note,
    paragraph,
    row,
    section,
    table,
)
from whet.reporting.schema import Report
from whet.reporting.schema.details import Choice, Training
from whet.reporting.words import Tone


def training(report: Report) -> Html:
    """Loss curves with the best step, what they say, and what was trained."""
    told, why = report["details"]["training"], report["details"]["nothing_trained"]
    if told is None:
        said = f"Nothing was trained: {why}" if why else "This run trained nothing."
        return section("training", "Training", note(said))
    return section(
        "training",
        "Training",
        [paragraph(sentence) for sentence in told["diagnosis"]],
        _curves(told),
        facts(_facts(told)),
        _seeds(told),
        folded("Settings", facts((k, figures.scalar(v)) for k, v in told["settings"].items())),
    )


def _curves(told: Training) -> Html:
    train, validation = told["losses"], told["validation_losses"]
    if len(finite(train)) + len(finite(validation)) < 2:
        return note("Too few losses were measured to draw a curve.")
    best = told["best_step"]
    description = (
        f"Loss over {told['steps']} steps. Training ends at {_last(train)}, validation at"
        f" {_last(validation)}."
    )
    legend = [element("span", sample("train"), "training")]
    if validation:
        legend.append(element("span", sample("validation"), "validation"))
    if best is not None:
        legend.append(element("span", sample("best"), f"best: step {best}"))
    lost = len(train) + len(validation) - len(finite(train)) - len(finite(validation))
    return element(
        "figure",
        element("figcaption", "Loss in nats per token, by step", class_="caption"),
        curves(train, validation, best, description),
        element("p", legend, class_="legend"),
        note(f"{figures.count(lost, 'loss', 'losses')} of no finite value left out.")
        if lost
        else None,
        None if validation else note("No validation rows: there was nothing to choose a step by."),
    )


def _last(points: list[tuple[int, float]]) -> str:
    known = finite(points)
    return figures.plain(known[-1][1]) if known else "no figure"


def _facts(told: Training) -> list[tuple[str, Child]]:
    share = ""
    if figures.is_number(told["num_total"]) and told["num_total"] > 0:
        share = f" ({100 * told['num_trainable'] / told['num_total']:.1f} %)"
    early = "; ended early, as validation got no better" if told["stopped_early"] else ""
    return [
        ("method", f"{told['method']}, {told['dtype']}"),
        ("trained", f"{figures.parameters(told['num_trainable'])} parameters{share}"),
        ("examples seen", figure(figures.count(told["examples"]))),
        ("steps", f"{figures.count(told['steps'])}{early}"),
        ("took", figure(figures.duration(told["seconds"]))),
        ("peak memory", figure(figures.size(told["peak_memory_bytes"]))),
    ]


def _seeds(told: Training) -> Html | None:
    if len(told["seeds"]) < 2:
        return note("One seed: this says how good this adapter is, not how good the recipe is.")
    rows = [
        row(
            figure(str(seed["seed"])),
            figure(figures.plain(seed["validation_loss"])),
            mark("judged", Tone.GOOD) if seed["chosen"] else "",
        )
        for seed in told["seeds"]
    ]
    return table(("Seed", "Validation loss", ""), rows)


def choices(report: Report) -> Html:
    """What was tried on validation, and what was taken."""
    told, primary = report["details"]["choices"], report["details"]["primary"]
    if not told:
        return section("choices", "Tried on validation", note("Nothing was chosen in this run."))
    weak = "No prompt was written, so the baseline is weak: a good prompt may do better."
    heads = ("Arm", "Option", figures.label(primary), "")
    return section(
        "choices",
        "Tried on validation",
        paragraph(mark(weak, Tone.OPEN)) if report["details"]["weak_prompt"] else None,
        table(heads, [_tried(choice, primary) for choice in told], "tried"),
        note("The best of several is flattered: it was picked on the items that it was scored on."),
    )


def _tried(choice: Choice, primary: str | None) -> Html:
    return row(
        choice["arm"],
        choice["option"],
        join(
            figure(figures.value(primary, choice["score"])),
            element("small", figures.count(choice["items"], "item")),
        ),
        mark("taken", Tone.GOOD) if choice["chosen"] else "",
    )


def findings(report: Report) -> Html:
    """What the check of the data said."""
    told = report["details"]["findings"]
    if not told:
        return note("The check of the data found nothing to say.")
    return folded(figures.count(len(told), "finding") + " in the data", bullets(told))
