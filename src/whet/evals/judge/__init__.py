"""The judge: what a model is asked about answers, what its verdicts are worth, and when they count.

Nothing here asks anybody: `whet.stages.judge` does.
"""
