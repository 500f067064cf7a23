"""What a client is told when its request is not answered: a status and OpenAI's error object."""

from __future__ import annotations

from typing import Any

KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "service_unavailable_error",
}


class Fault(Exception):
    """A request that is refused or cannot be finished.

    `param` names the field that is at fault, `code` what is wrong with it, in OpenAI's words where
    OpenAI has one. `retry_after_s` is when it is worth trying again.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, Any]:
        """The error as it goes over the wire."""
        kind = KINDS.get(self.status, "server_error" if self.status >= 500 else KINDS[400])
        told = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": told}

    def headers(self) -> dict[str, str]:
        """Headers that belong to the status."""
        found = {}
        if self.retry_after_s is not None:
            found["retry-after"] = str(self.retry_after_s)
        if self.status == 401:
            found["www-authenticate"] = "Bearer"
        return found


def broken() -> Fault:
    """What a client is told of an exception that nobody foresaw; its text may hold a prompt."""
    return Fault(500, "This is a fault of whet.", code="internal_error")
