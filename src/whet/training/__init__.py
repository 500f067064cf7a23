"""The training engine: loop, step, loss, optimizer, checkpoints, self check, evaluation."""
