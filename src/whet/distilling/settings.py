"""What is asked for: the teacher, the money, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from whet.distilling.purse import Prices
from whet.errors import ConfigError

SEVERAL_TEMPERATURE = 0.7


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, and how.

    `endpoint` is the base URL of an OpenAI-compatible API; without it `model` is whet-nano, a
    local folder or a hub id. `api_key_env` names the variable with the key; without it none is
    sent. `prompt` is a file with the teacher's system message, which the data set does not get.
    `temperature` is 0 for one sample and 0.7 for several unless given.
    """

    model: str
    endpoint: str | None = None
    api_key_env: str | None = None
    prompt: str | Path | None = None
    samples: int = 1
    temperature: float | None = None
    max_new_tokens: int = 512
    concurrency: int = 8
    timeout_s: float = 120.0

    @property
    def heat(self) -> float:
        """The temperature that is used."""
        default = SEVERAL_TEMPERATURE if self.samples > 1 else 0.0
        return default if self.temperature is None else self.temperature


@dataclass(frozen=True, slots=True)
class Spending:
    """What may be spent: prices of a million tokens, and the most that may be spent in all."""

    price_input: float | None = None
    price_output: float | None = None
    budget: float | None = None

    @property
    def prices(self) -> Prices:
        """Zero where no price is named."""
        return Prices(self.price_input or 0.0, self.price_output or 0.0)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which answers are kept: a form, or a metric against the known answer.

    `config` is a whet.yaml whose `gates.format` is the form; `keep_if` is METRIC=SCORE.
    """

    regex: str | None = None
    json_keys: Sequence[str] | None = None
    keep_if: str | None = None
    config: str | Path | None = None


def check_settings(asking: Asking, spending: Spending) -> None:
    """Refuses settings that contradict each other.

    Raises:
        ConfigError: with all of them.
    """
    faults = []
    if asking.samples > 1 and asking.heat == 0:
        faults.append("several samples of one input need a temperature above 0.")
    if min(asking.samples, asking.max_new_tokens, asking.concurrency) < 1:
        faults.append("samples, max_new_tokens and concurrency are 1 or more.")
    priced = spending.price_input is not None and spending.price_output is not None
    if spending.budget is not None and not priced:
        faults.append("a budget needs prices: --price INPUT,OUTPUT for a million tokens each.")
    amounts = (spending.budget, spending.price_input, spending.price_output)
    if any(amount is not None and not 0 <= amount < float("inf") for amount in amounts):
        faults.append("prices and the budget are 0 or more.")
    if not 0 <= asking.heat <= 2:
        faults.append(f"temperature {asking.heat:g}: expected 0 to 2.")
    parts = urlsplit(asking.endpoint or "")
    if parts.username or parts.password or parts.query:
        faults.append("the endpoint's address holds a name, key or query. Put the key into an"
                      " environment variable and name it: --api-key-env NAME.")  # fmt: skip
    if faults:
        raise ConfigError(faults)
