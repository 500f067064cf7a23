"""What the answers of training rows cost a model: a row that costs far more is worth a look.

The base model has not learnt the rows, so its losses are out of sample. A tuned model has: what it
still finds unlikely after training is what the other rows speak against.
"""

from __future__ import annotations

from whet.data import Dataset
from whet.errors import DataError
from whet.progress import Progress
from whet.project import Project
from whet.rundir import RunDir
from whet.stages.masks import masked
from whet.stages.models import Models


def row_losses(
    project: Project, dataset: Dataset, progress: Progress, run: RunDir | None = None
) -> dict[str, float]:
    """The mean loss of a row's trained tokens (nats), by the id of the row.

    Under the project's base model, or under what a run has trained. Rows that training would not
    take, being too long, have none.

    Raises:
        DataError: rows cannot be rendered, or are no conversations to imitate.
        ModelError: the model or its template cannot be used.
        MissingExtraError: models cannot be loaded here.
    """
    odd = [row for row in dataset.train if row.rejected or row.desirable is not None]
    if odd or project.config.train.objective != "sft":
        raise DataError("Losses are of rows to imitate; these are preferences or bare text.")
    rows = masked(project, dataset).rows
    models = Models(project, run, progress, None)
    loaded = models.base_model if run is None else models.tuned_model
    from whet.training.evaluation import token_losses

    progress.say(f"asking the model about {len(rows):,} rows")
    means = token_losses(loaded.model, rows, should_stop=progress.should_stop).means
    return {row.id: float(mean) for row, mean in zip(rows, means, strict=True)}
