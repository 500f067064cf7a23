"""whet sharpens a language model on your examples, finds out whether it helped, and ships it if it
did.

    import whet

    result = whet.run("whet.yaml")
    print(result.verdict, result.reasons)

Each verb of the command line is a function here. Importing whet loads no verb: the first use does.
"""

from whet.api import VERBS
from whet.version import __version__

__all__ = ["VERBS", "Config", "__version__", *VERBS]


def __getattr__(name: str) -> object:
    from whet.api import load

    return load(name)


def __dir__() -> list[str]:
    return sorted(__all__)
