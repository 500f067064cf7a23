"""Whether a judge is of the family of a model that it judges: models prefer their own kind.

By the name alone. A fine-tune under a name of its own, or a deployment called `prod-2`, is not
recognised, and nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FAMILIES = {
    "GPT": r"gpt|chatgpt|(?<![a-z])o[134](?![a-z0-9])|davinci",
    "Claude": r"claude",
    "Gemini": r"gemini|gemma|palm-?2",
    "Llama": r"llama|vicuna|alpaca",
    "Qwen": r"qwen|qwq",
    "Mistral": r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral|zephyr",
    "DeepSeek": r"deepseek",
    "Phi": r"(?<![a-z])phi-?\d",
    "Command": r"command-?(?:r|a)(?![a-z])|(?<![a-z])aya",
    "Grok": r"grok",
    "SmolLM": r"smollm",
    "OLMo": r"olmo|tulu",
    "Granite": r"granite",
    "Falcon": r"falcon",
    "GLM": r"glm-?\d",
    "Kimi": r"kimi|moonshot",
    "Nemotron": r"nemotron",
    "Nova": r"nova-(?:micro|lite|pro|premier)",
    "whet-nano": r"whet-nano",
}


def family(model: str) -> str | None:
    """The family that a model's name tells; None where it tells none. The last part is read first:
    `deepseek-r1-distill-qwen` is DeepSeek's by its maker and Qwen by its weights, and counts as the
    one named first.
    """
    name = model.rstrip("/").rpartition("/")[2].casefold()
    found = [
        (match.start(), family)
        for family, pattern in FAMILIES.items()
        if (match := re.search(pattern, name))
    ]
    return min(found)[1] if found else None


def kinship(judge: str, models: Mapping[str, str]) -> list[str]:
    """A sentence for each arm whose model is the judge's own or of its family.

    Args:
        judge: The judge's model.
        models: The model behind each arm, by arm.
    """
    ours = family(judge)
    told = []
    for model in sorted(set(models.values())):
        arms = ", ".join(sorted(arm for arm, name in models.items() if name == model))
        if model == judge:
            told.append(f"The judge {judge} is itself the model of {arms}: models prefer their own"
                        " answers. Judge with another one.")  # fmt: skip
        elif ours is not None and family(model) == ours:
            told.append(f"The judge {judge} is of the same family ({ours}) as the model of {arms}"
                        f" ({model}): models prefer their own kind.")  # fmt: skip
    return told
