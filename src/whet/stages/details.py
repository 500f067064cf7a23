"""What stands behind the verdict: the `details` of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, quantiles
from typing import Any

from whet.config import Config
from whet.errors import RunError
from whet.evals.arms import Arm, ArmKind
from whet.evals.failures import FORMAT
from whet.evals.verdict import Verdict
from whet.findings import Severity
from whet.rundir import RunDir, read_json
from whet.stages.evidence import Evidence, strongest
from whet.stages.failures import FILE as FAILURES
from whet.stages.figures import corpus, slices
from whet.stages.people.deciding import decides_by_votes
from whet.types import Outcome


def details(
    run: RunDir,
    config: Config,
    evidence: Evidence,
    verdict: Verdict | None,
    weak: bool,
    gates: list[dict[str, Any]],
    check: dict[str, Any],
) -> dict[str, Any]:
    """How the arms asked, what was tried, trained and found: see `whet.reporting.schema`."""
    choices = read_json(run.file("choices.json"))
    candidate = (verdict and verdict.candidate) or strongest(evidence, ArmKind.CANDIDATE)
    baseline = (verdict and verdict.baseline) or strongest(evidence, ArmKind.BASELINE)
    stop = choices["stop"]
    findings = [row for row in check["findings"] if row["severity"] != Severity.ERROR]
    warnings = run.record().get("warnings", [])
    return {
        "split": evidence.split,
        "primary": config.eval.primary,
        "margin": config.eval.margin,
        "candidate": candidate,
        "baseline": baseline,
        "use_arm": baseline if verdict and verdict.verdict.value.startswith("use_") else None,
        "headline": _headline(verdict, candidate, baseline),
        "lamps": _lamps(verdict, gates, candidate, decides_by_votes(evidence)),
        "arms": {arm.name: _arm(arm, evidence, choices["prompts"]) for arm in evidence.arms},
        "choices": [row for row in choices["tried"] if row["score"] is not None],
        "training": _training(run),
        **_failures(run),
        "findings": [*warnings, *map(_finding, findings)],
        "ledger": _ledger(run),
        "weak_prompt": weak,
        "nothing_trained": stop["reason"] if stop else None,
        "repeat": _repeat(run, config),
        "corpus": corpus(run, config, evidence),
        "slices": slices(config, evidence, candidate, baseline),
    }


def _finding(row: dict[str, Any]) -> str:
    where = row["file"] + (f":{row['line']}" if row["line"] else "")
    return ": ".join(part for part in (where, row["field"], row["message"]) if part)


def _ledger(run: RunDir) -> dict[str, Any]:
    found = read_json(run.file("ledger.json"))
    return {key: found[key] for key in ("read", "kept", "dropped")}


def _headline(
    verdict: Verdict | None, candidate: str | None, baseline: str | None
) -> dict[str, Any] | None:
    pairs = verdict.comparisons if verdict else []
    pair = next((p for p in pairs if (p.a, p.b) == (candidate, baseline)), None)
    if pair is None or pair.difference is None:
        return None
    keys = ("a", "b", "metric", "difference", "low", "high", "level")
    return {key: getattr(pair, key) for key in keys}


def _lamps(
    verdict: Verdict | None,
    gates: Sequence[dict[str, Any]],
    candidate: str | None,
    by_votes: bool,
) -> dict[str, str]:
    """Automatic metrics, people, regression, safety: each as one word."""
    automatic = Outcome.NOT_RUN
    if verdict is not None:
        words = {
            "ship": Outcome.PASS,
            "ship_with_rag": Outcome.PASS,
            "do_not_ship": Outcome.PASS,
            "inconclusive": Outcome.INCONCLUSIVE,
        }
        automatic = words.get(verdict.verdict.value, Outcome.FAIL)
    own = {gate["name"]: gate["result"] for gate in gates if gate["candidate"] == candidate}
    human = Outcome(own.get("human", Outcome.NOT_RUN.value))
    if by_votes:
        human, automatic = (automatic if human is Outcome.NOT_RUN else human), Outcome.NOT_RUN
    return {
        "automatic": automatic.value,
        "human": human.value,
        "regression": _worst(own, ("forgetting", "ability", "general", "slices")),
        "safety": _worst(own, ("refusals", "hallucination")),
    }


def _worst(results: Mapping[str, str], names: Sequence[str]) -> str:
    """The worst result among gates that were run; not run where none was."""
    found = {results.get(name, Outcome.NOT_RUN.value) for name in names}
    order = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    return next((kind.value for kind in order if kind.value in found), Outcome.NOT_RUN.value)


def _arm(arm: Arm, evidence: Evidence, prompts: dict[str, str | None]) -> dict[str, Any]:
    samples = evidence.samples[arm.name]
    timed = [1000 * s.seconds for s in samples if s.seconds is not None and not s.cached]
    latency = None
    if len(timed) > 1:
        cuts = quantiles(timed, n=20, method="inclusive")
        latency = {"p50": cuts[9], "p95": cuts[18]}
    name = next((name for name, text in prompts.items() if text == arm.prompt), "(tuned prompt)")
    return {
        "kind": arm.kind.value,
        "prompt": name if arm.prompt else "(none)",
        "prompt_text": arm.prompt or "",
        "few_shot": arm.num_shots,
        "passages": arm.num_passages,
        "num_prompt_tokens_mean": _mean([s.num_prompt_tokens for s in samples]),
        "num_output_tokens_mean": _mean([s.num_output_tokens for s in samples]),
        "latency_ms": latency,
        "cached": sum(sample.cached for sample in samples),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _training(run: RunDir) -> dict[str, Any] | None:
    path = run.file("training.json")
    if not path.is_file():
        return None
    stored = read_json(path)
    best = next(seed for seed in stored["seeds"] if seed["chosen"])
    keys = (
        "steps", "examples", "seconds", "num_trainable", "num_total", "best_step",
        "stopped_early", "diagnosis", "dtype", "peak_memory_bytes", "validation_losses",
    )  # fmt: skip
    losses = [(step, loss) for step, loss in enumerate(best["losses"], 1) if loss is not None]
    seeds = [
        {"seed": s["seed"], "validation_loss": s["best_validation_loss"], "chosen": s["chosen"]}
        for s in stored["seeds"]
    ]
    settings = stored["settings"]
    rest = {"method": settings["method"], "losses": losses, "seeds": seeds, "settings": settings}
    return {key: best[key] for key in keys} | rest


def _failures(run: RunDir) -> dict[str, Any]:
    """The failure analysis, or why there is none."""
    path = run.file(FAILURES)
    if not path.is_file():
        return {"failures": None, "not_analysed": "this run was made before there was one"}
    found = read_json(path)
    if found["format"] > FORMAT:
        raise RunError(
            f"{path}: has format {found['format']}, and this whet reads {FORMAT}. Upgrade whet."
        )
    if "why" in found:
        return {"failures": None, "not_analysed": found["why"]}
    return {"failures": {key: found[key] for key in found if key != "format"}}


def _repeat(run: RunDir, config: Config) -> dict[str, Any]:
    found = read_json(run.file("environment.json"))
    verb = run.record()["verb"]
    keys = ("whet", "python", "torch", "transformers")
    return {key: found[key] for key in keys} | {
        "command": f"whet {verb} --config {run.path.name}/config.yaml",
        "platform": f"{found['platform']}, {found['machine']}",
        "seed": config.train.seed,
        "config_text": run.config.read_text(encoding="utf-8"),
        "digests": {
            "model": read_json(run.file("model.json"))["identity"],
            "data": read_json(run.file("data/check.json"))["version"],
        },
    }
