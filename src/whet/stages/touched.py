"""Test items that training rows give away and that were left in: their scores are not clean."""

from __future__ import annotations

from whet.data.dataset import MAX_BY_MEANING
from whet.data.leaks import leak_findings, paraphrase_leaks
from whet.findings import Finding, Kind, Severity
from whet.stages.job import Job


def touched_items(job: Job) -> tuple[list[str], list[Finding]]:
    """The sources of touched test items, sorted, and what was found out about them here.

    What reading the data found is taken over; paraphrases are looked for only now, with vectors
    that the control arm needs too and that are kept between runs.
    """
    known = job.dataset.touched_items & {row.source for row in job.dataset.test}
    if job.options.judged != "test" or job.options.smoke or not job.dataset.train:
        return sorted(known), []
    num_rows = len(job.dataset.train) + len(job.dataset.test)
    why = f"{num_rows:,} rows are too many" if num_rows > MAX_BY_MEANING else ""
    if not why and job.embedder is None:
        why = "there is no embedder (pip install 'whet[rag,train]')"
    if why:
        message = f"Paraphrases of test items in training rows were not looked for: {why}."
        return sorted(known), [Finding(Severity.NOTE, Kind.NOT_COMPARED, message)]
    assert job.embedder is not None
    leaks = paraphrase_leaks(job.dataset.train, job.dataset.test, job.embedder.embed)
    return sorted(known | {leak.held_out.source for leak in leaks}), leak_findings(leaks)
