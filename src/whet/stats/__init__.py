"""Intervals, power, looks and multiplicity: what a verdict may claim, and how firmly.

One interval decides; the only p-value, that of the sign test of votes, is for reading. A `level`
is always the two-sided error of an interval: 0.04 means a 96 % interval, whose lower end errs with
probability 0.02.

Names load on first use, so that `import whet.stats` costs nothing: numpy is imported only when
a bootstrap is drawn, scipy only when a quantile of Student's t is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whet.stats.agreement import cohen_kappa as cohen_kappa
    from whet.stats.agreement import krippendorff_alpha as krippendorff_alpha
    from whet.stats.corrected import Calibration as Calibration
    from whet.stats.corrected import calibration as calibration
    from whet.stats.corrected import corrected_rate as corrected_rate
    from whet.stats.looks import look_level as look_level
    from whet.stats.means import mean_interval as mean_interval
    from whet.stats.multiplicity import HolmDecision as HolmDecision
    from whet.stats.multiplicity import holm as holm
    from whet.stats.noninferiority import NonInferiority as NonInferiority
    from whet.stats.noninferiority import non_inferior as non_inferior
    from whet.stats.paired import difference_interval as difference_interval
    from whet.stats.paired import paired_difference as paired_difference
    from whet.stats.power import ItemsWanted as ItemsWanted
    from whet.stats.power import items_to_show as items_to_show
    from whet.stats.power import items_wanted as items_wanted
    from whet.stats.power import smallest_gain as smallest_gain
    from whet.stats.power import votes_wanted as votes_wanted
    from whet.stats.proportions import newcombe as newcombe
    from whet.stats.proportions import newcombe_paired as newcombe_paired
    from whet.stats.proportions import paired_score as paired_score
    from whet.stats.proportions import tango as tango
    from whet.stats.proportions import wilson as wilson
    from whet.stats.votes import SignTest as SignTest
    from whet.stats.votes import sign_test as sign_test
    from whet.stats.votes import sign_test_power as sign_test_power
    from whet.stats.votes import sign_test_votes as sign_test_votes
    from whet.stats.votes import win_rate as win_rate

_MODULE_OF = {
    "Calibration": "corrected",
    "HolmDecision": "multiplicity",
    "ItemsWanted": "power",
    "NonInferiority": "noninferiority",
    "SignTest": "votes",
    "calibration": "corrected",
    "cohen_kappa": "agreement",
    "corrected_rate": "corrected",
    "difference_interval": "paired",
    "holm": "multiplicity",
    "items_to_show": "power",
    "items_wanted": "power",
    "krippendorff_alpha": "agreement",
    "look_level": "looks",
    "mean_interval": "means",
    "newcombe": "proportions",
    "newcombe_paired": "proportions",
    "non_inferior": "noninferiority",
    "paired_difference": "paired",
    "paired_score": "proportions",
    "sign_test": "votes",
    "sign_test_power": "votes",
    "sign_test_votes": "votes",
    "smallest_gain": "power",
    "tango": "proportions",
    "votes_wanted": "power",
    "wilson": "proportions",
    "win_rate": "votes",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """The public name, imported from its leaf file when it is first asked for."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'whet.stats' has no attribute {name!r}")
    return getattr(import_module(f"whet.stats.{_MODULE_OF[name]}"), name)
