"""Which training rows a person should look at first, and why, in words."""

from whet.data.suspicion.ranking import Ranking, rank
from whet.data.suspicion.reason import Reason, Sign, Suspect

__all__ = ["Ranking", "Reason", "Sign", "Suspect", "rank"]
