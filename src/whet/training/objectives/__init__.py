"""What a run minimises: imitation, preference (DPO, ORPO, KTO) or distillation.

An objective of preference is a function of the answers' log-probabilities; the gradient with
respect to them, times the gradient of the log-probabilities, is all that training needs of it.
"""
