"""The fields of a request, strictly typed: what they may hold, and nothing about engines.

Fields that are not OpenAI's are ignored, but for those of `KNOWN_ELSEWHERE`: they would change the
answer, and a client that sends one believes that it does.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from whet.serving.server.limits import LIMITS

KNOWN_ELSEWHERE = (
    "add_generation_prompt", "add_special_tokens", "allowed_token_ids", "audio", "bad_words",
    "best_of", "chat_template", "chat_template_kwargs", "continue_final_message", "documents",
    "dry_multiplier", "echo", "enable_thinking", "function_call", "functions", "grammar",
    "guided_choice", "guided_grammar", "guided_json", "guided_regex", "ignore_eos",
    "include_stop_str_in_output", "json_schema", "length_penalty", "lora", "max_completion_tokens",
    "messages", "min_p", "min_tokens", "mirostat", "modalities", "moderation", "n_predict",
    "parallel_tool_calls", "prediction", "prompt", "prompt_logprobs", "reasoning_effort",
    "reasoning", "repeat_penalty", "repetition_penalty", "response_format", "skip_special_tokens",
    "stop_token_ids", "store", "structured_outputs", "suffix", "tool_choice", "tools", "top_k",
    "top_logprobs", "truncate_prompt_tokens", "typical_p", "use_beam_search", "verbosity",
    "web_search_options",
)  # fmt: skip
"""Fields that change an answer and are honoured by no engine here, or not on this route."""
HARMLESS: dict[str, tuple[Any, ...]] = {
    "add_generation_prompt": (True,),
    "add_special_tokens": (True,),
    "best_of": (1,),
    "continue_final_message": (False,),
    "echo": (False,),
    "include_stop_str_in_output": (False,),
    "parallel_tool_calls": (True, False),
    "response_format": ({"type": "text"},),
    "skip_special_tokens": (True,),
    "tool_choice": ("none", "auto"),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "store": (False,),
    "ignore_eos": (False,),
    "use_beam_search": (False,),
    "functions": ([],),
    "top_k": (0, -1),
    "min_p": (0, 0.0),
    "min_tokens": (0,),
    "repetition_penalty": (1, 1.0),
    "repeat_penalty": (1, 1.0),
    "suffix": ("",),
}
"""Values that ask for what happens anyway."""


class Part(BaseModel):
    """A part of a message's content; text is the only kind that these models read."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Literal["text"]
    text: str


class CalledFunction(BaseModel):
    """The function that an earlier turn called, its arguments as JSON text."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str = Field(min_length=1, max_length=256)
    arguments: str


class ToolCall(BaseModel):
    """A call in an earlier turn."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class Turn(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="ignore", strict=True)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | Annotated[list[Part], Field(max_length=LIMITS.max_content_parts)] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = Field(default=None, max_length=LIMITS.max_tools)
    tool_call_id: str | None = None


class Function(BaseModel):
    """A function that may be called, its parameters as a JSON schema."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None


class Tool(BaseModel):
    """A tool that the answer may call."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Literal["function"]
    function: Function


class ChosenFunction(BaseModel):
    """The name of the function to call."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str


class ChosenTool(BaseModel):
    """The tool that is to be called."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Literal["function"]
    function: ChosenFunction


class NamedSchema(BaseModel):
    """The JSON schema that the answer is to follow."""

    model_config = ConfigDict(extra="ignore", strict=True, populate_by_name=True)

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    shape: dict[str, JsonValue] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(BaseModel):
    """The form of the answer."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None


class StreamOptions(BaseModel):
    """How events are told."""

    model_config = ConfigDict(extra="ignore", strict=True)

    include_usage: bool | None = None


Stop = Annotated[str, Field(min_length=1, max_length=LIMITS.max_stop_chars)]
Bias = Annotated[float, Field(ge=-100, le=100)]
TokenId = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Asked(BaseModel):
    """What chat and completions share. None is the same as not sent."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)

    model: str = Field(min_length=1, max_length=256)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    n: int | None = Field(default=None, ge=1, le=LIMITS.max_answers)
    stop: Stop | Annotated[list[Stop], Field(max_length=LIMITS.max_stop_strings)] | None = None
    seed: int | None = Field(default=None, ge=-(2**63), le=2**63 - 1)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    logit_bias: dict[Annotated[str, Field(pattern=r"^[0-9]{1,10}$")], Bias] | None = Field(
        default=None, max_length=LIMITS.max_logit_biases
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = Field(default=None, max_length=1_000)


class ChatBody(Asked):
    """The body of POST /v1/chat/completions."""

    messages: list[Turn] = Field(min_length=1, max_length=LIMITS.max_messages)
    max_tokens: int | None = Field(default=None, ge=1, le=LIMITS.max_tokens)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=LIMITS.max_tokens)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=LIMITS.max_top_logprobs)
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = Field(default=None, max_length=LIMITS.max_tools)
    tool_choice: Literal["none", "auto", "required"] | ChosenTool | None = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, str] | None = Field(default=None, max_length=16)


class CompletionBody(Asked):
    """The body of POST /v1/completions."""

    prompt: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=LIMITS.max_prompts)]
        | Annotated[list[TokenId], Field(min_length=1, max_length=LIMITS.max_tokens)]
        | Annotated[
            list[Annotated[list[TokenId], Field(min_length=1, max_length=LIMITS.max_tokens)]],
            Field(min_length=1, max_length=LIMITS.max_prompts),
        ]
    )
    max_tokens: int | None = Field(default=None, ge=0, le=LIMITS.max_tokens)
    echo: bool | None = None
    logprobs: int | None = Field(default=None, ge=0, le=LIMITS.max_completion_logprobs)
