"""The stages of a run: each a function from the run folder and the configuration to files in it.

A stage reads what earlier stages wrote, so resuming is skipping what is complete. `verbs/run.py`
and `verbs/eval.py` are lists of them.
"""
