"""A completer behind an OpenAI-compatible HTTP endpoint."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from whet.errors import EndpointError
from whet.infer.connection import connect
from whet.types import Completion, Decoding, FinishReason, Messages, Tools

RETRIED_STATUS = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
FIRST_WAIT_S = 0.5
MAX_WAIT_S = 30.0
MAX_BODY_CHARS = 300


class EndpointCompleter:
    """Answers from `POST {base_url}/chat/completions`.

    The key is read from the environment variable that `api_key_env` names, is sent to this
    endpoint only, and is blacked out of every message. A closed set (`decoding.choices`) cannot
    be ranked over HTTP: the endpoint answers freely and its answer is taken as it is, so a prompt
    for it should list the choices.

    A request that fails with a status that passes (408, 409, 429, 5xx) or without a connection is
    tried again, waiting as `Retry-After` says or ever longer, until `retry_budget_s` is used up.

    `identity` is the address and the model's name; a provider may change what is behind it.

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
        retry_budget_s: float = 120.0,
        concurrency: int = 8,
    ) -> None:
        self._connection = connect(
            base_url,
            api_key_env,
            purpose="An arm behind an endpoint",
            timeout_s=timeout_s,
            max_connections=concurrency,
        )
        self._url = self._connection.base_url + "/chat/completions"
        self.identity = f"{self._url}#{model}"
        self._model = model
        self._retry_budget_s = retry_budget_s
        self._concurrency = concurrency
        self._limit_field = "max_tokens"
        self._stopped = threading.Event()
        self._client = self._connection.client
        self._failures = (self._connection.failures,)

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """One completion for each prompt, in order, at most `concurrency` at a time.

        A tool call is no text there: it follows the text as JSON, {"tool_calls": [...]}.

        Raises:
            EndpointError: of the first request that failed for good; the others are given up.
        """
        self._stopped.clear()
        with ThreadPoolExecutor(max_workers=self._concurrency) as pool:
            offered = tools or [()] * len(prompts)
            futures = [
                pool.submit(self._one, prompt, decoding, tools=own)
                for prompt, own in zip(prompts, offered, strict=True)
            ]
            try:
                return [future.result() for future in futures]
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def ask(
        self,
        prompt: Messages,
        decoding: Decoding,
        repeat: Callable[[], bool] = lambda: True,
    ) -> Completion:
        """One completion; several threads may ask at once, and one's failure is its own.

        `repeat` is called after an attempt that got no answer and may have been billed all the
        same; False gives up.

        Raises:
            EndpointError: the request failed for good, or `stop` was called while it waited.
        """
        return self._one(prompt, decoding, repeat)

    def stop(self) -> None:
        """Ends every wait between attempts; requests under way finish."""
        self._stopped.set()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _one(
        self,
        prompt: Messages,
        decoding: Decoding,
        repeat: Callable[[], bool] = lambda: True,
        tools: Tools = (),
    ) -> Completion:
        start = time.perf_counter()
        offered = {"tools": [dict(tool) for tool in tools]} if tools else {}
        body = self._post(self._body(prompt, decoding) | offered, repeat)
        try:
            choice, usage = body["choices"][0], body.get("usage") or {}
            text = _text_of(choice["message"])
            counts = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
        except (KeyError, IndexError, TypeError, AttributeError):
            raise EndpointError(
                f"{self._url} answered no chat completion: {self._shown(body)}", 200
            ) from None
        length = choice.get("finish_reason") == "length"
        reason = FinishReason.LENGTH if length else FinishReason.STOP
        return Completion(text, reason, *counts, time.perf_counter() - start)

    def _body(self, prompt: Messages, decoding: Decoding) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{k: v for k, v in m.items() if k != "weight"} for m in prompt],
            "temperature": decoding.temperature,
            self._limit_field: decoding.max_new_tokens,
        }
        if decoding.stop:
            body["stop"] = list(decoding.stop)
        if decoding.temperature > 0:
            body["seed"] = decoding.seed
        return body

    def _post(self, body: dict[str, Any], repeat: Callable[[], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + self._retry_budget_s
        attempt = 0
        while not self._stopped.is_set():
            status, answer, retry_after = self._try(body)
            if status == 200 and isinstance(answer, dict):
                return answer
            if status == 400 and "max_completion_tokens" in str(answer) and "max_tokens" in body:
                # Newer OpenAI models know the limit by this name only, and say so.
                self._limit_field = "max_completion_tokens"
                body[self._limit_field] = body.pop("max_tokens")
                continue
            if status is not None and status not in RETRIED_STATUS:
                raise self._error(status, answer, "")
            wait_s = retry_after or _backoff(attempt)  # "0" does not mean to ask without a pause
            attempt += 1
            if time.monotonic() + wait_s > deadline:
                tried = f" Gave up after {attempt} tries within {self._retry_budget_s:g} s"
                asked = f"; it asks to wait {retry_after:g} s" if retry_after is not None else ""
                raise self._error(status, answer, tried + asked + ".")
            if status is None and not repeat():
                raise self._error(status, answer, " Not tried again: the budget is used up.")
            self._stopped.wait(wait_s)
        raise EndpointError(f"{self._url}: given up because another request failed.")

    def _try(self, body: dict[str, Any]) -> tuple[int | None, Any, float | None]:
        """Status, parsed body and seconds to wait; status None when there was no answer."""
        try:
            response = self._client.post(self._url, json=body)
        except self._failures as error:
            return None, f"{type(error).__name__}: {error}", None
        try:
            answer = response.json()
        except ValueError:
            answer = response.text
        return response.status_code, answer, _retry_after(response.headers.get("retry-after"))

    def _error(self, status: int | None, answer: Any, tail: str) -> EndpointError:
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            answer = answer["error"].get("message", answer)
        text = self._shown(answer)
        head = f"answered {status}" if status is not None else "gave no answer"
        return EndpointError(f"{self._url} (model {self._model}) {head}: {text}{tail}", status)

    def _shown(self, told: object) -> str:
        return self._connection.redacted(str(told))[:MAX_BODY_CHARS]


def _text_of(message: Mapping[str, Any]) -> str:
    """The answer's text, its tool calls as JSON behind it."""
    calls = message.get("tool_calls")
    text: str = (message.get("content") if calls else message["content"]) or ""
    written = json.dumps({"tool_calls": calls}, ensure_ascii=False) if calls else ""
    return "\n".join(part for part in (text, written) if part)


def _backoff(attempt: int) -> float:
    longest = min(MAX_WAIT_S, FIRST_WAIT_S * 2.0**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing


def _retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its two forms."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
