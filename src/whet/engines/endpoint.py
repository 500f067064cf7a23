"""An engine behind an address: any OpenAI-compatible server, asked as its users ask it.

More than text is taken where a server tells it:

    usage                           how many tokens the prompt was            nearly all
    logprobs, top_logprobs          the likeliest tokens of each position     OpenAI, vLLM, ...
    /tokenize with messages         ids of the rendered prompt                vLLM
    /apply-template, /tokenize      the same in two steps                     llama.cpp
    /props                          template, context                         llama.cpp
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whet.engines.engine import Answer, Facts, Logprobs
from whet.errors import EndpointError
from whet.infer.connection import connect
from whet.types import Messages

TOP = 20
MAX_BODY_CHARS = 300


@dataclass(frozen=True, slots=True)
class Heard:
    """One generated token as the server tells it: its bytes, its log-probability, and the others.

    `top` are the likeliest tokens of the position, by their bytes.
    """

    token: bytes
    logprob: float
    top: Mapping[bytes, float]


class Endpoint:
    """A served model. `model` is the name that the server has for it.

    The key is read from the environment variable that `api_key_env` names and sent nowhere else.

    Raises:
        MissingExtraError: httpx2 is not installed.
        EndpointError: the address is none, or the variable for the key is not set.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key_env: str | None = None,
        *,
        timeout_s: float = 120.0,
    ) -> None:
        self._connection = connect(
            base_url, api_key_env, purpose="A served model", timeout_s=timeout_s
        )
        self._client, self._base = self._connection.client, self._connection.base_url
        self._root = self._base.removesuffix("/v1")
        self._model = model
        self.name = f"{self._base}#{model}"
        self._no_answer = self._connection.failures
        self._gives_logprobs = True
        self._tokenizes = True
        self.heard: tuple[Heard, ...] | None = None

    def facts(self) -> Facts:
        """What /props tells (llama.cpp); nothing of other servers."""
        told = self._asked("GET", f"{self._root}/props", None) or {}
        settings = told.get("default_generation_settings") or {}
        template, context = told.get("chat_template"), settings.get("n_ctx")
        return Facts(
            template=template if isinstance(template, str) else None,
            context=context if isinstance(context, int) else None,
        )

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        """The greedy answer. `heard` holds its tokens where the server tells log-probabilities.

        Raises:
            EndpointError: no answer, an error, or one that is no chat completion.
        """
        plain = [{k: v for k, v in message.items() if k != "weight"} for message in messages]
        body = self._completion(plain, max_new_tokens)
        try:
            choice = body["choices"][0]
            text = choice["message"].get("content") or ""
            counted = (body.get("usage") or {}).get("prompt_tokens")
            self.heard = _heard(choice.get("logprobs"))
        except (KeyError, IndexError, TypeError, AttributeError):
            raise EndpointError(
                f"{self.name} answered no chat completion: {self._shown(body)}", 200
            ) from None
        stopped = choice.get("finish_reason") != "length"
        return Answer(text, stopped, self._prompt_ids(plain), None, counted)

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs | None:
        """None: a server tells the likeliest tokens of its own answer only (see `heard`)."""
        return None

    def close(self) -> None:
        """Closes the connections; the server goes on."""
        self._client.close()

    def _completion(self, messages: list[dict[str, Any]], limit: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": limit,
        }
        asked = body | ({"logprobs": True, "top_logprobs": TOP} if self._gives_logprobs else {})
        status, told = self._post(f"{self._base}/chat/completions", asked)
        if status == 400 and self._gives_logprobs and "logprobs" in str(told):
            self._gives_logprobs = False
            status, told = self._post(f"{self._base}/chat/completions", body)
        if status != 200 or not isinstance(told, dict):
            raise EndpointError(f"{self.name} answered {status}: {self._shown(told)}", status)
        return told

    def _prompt_ids(self, messages: list[dict[str, Any]]) -> tuple[int, ...] | None:
        """Ids of the rendered prompt, from a server that has a way to tell them."""
        if not self._tokenizes:
            return None
        url = f"{self._root}/tokenize"
        written = self._asked("POST", f"{self._root}/apply-template", {"messages": messages})
        if written is not None and isinstance(written.get("prompt"), str):
            content = {"content": written["prompt"], "add_special": True, "parse_special": True}
            told = self._asked("POST", url, content)
        else:
            asked = {"model": self._model, "messages": messages, "add_generation_prompt": True}
            told = self._asked("POST", url, asked)
        tokens = (told or {}).get("tokens")
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            self._tokenizes = False
            return None
        return tuple(tokens)

    def _asked(self, method: str, url: str, body: Any) -> dict[str, Any] | None:
        """What a path beyond OpenAI's surface tells; None where the server has no such path."""
        try:
            response = self._client.request(method, url, json=body)
            told = response.json() if response.status_code == 200 else None
        except (self._no_answer, ValueError):
            return None
        return told if isinstance(told, dict) else None

    def _post(self, url: str, body: dict[str, Any]) -> tuple[int, Any]:
        try:
            response = self._client.post(url, json=body)
        except self._no_answer as error:
            raise EndpointError(f"{self.name} gave no answer: {self._shown(error)}") from None
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, response.text

    def _shown(self, told: object) -> str:
        return self._connection.redacted(str(told))[:MAX_BODY_CHARS]


def _heard(logprobs: Any) -> tuple[Heard, ...] | None:
    content = (logprobs or {}).get("content")
    if not content:
        return None
    return tuple(
        Heard(
            _bytes_of(entry),
            float(entry["logprob"]),
            {
                _bytes_of(other): float(other["logprob"])
                for other in entry.get("top_logprobs") or ()
            },
        )
        for entry in content
    )


def _bytes_of(entry: Mapping[str, Any]) -> bytes:
    told = entry.get("bytes")
    return bytes(told) if told is not None else str(entry["token"]).encode()
