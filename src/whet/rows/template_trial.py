"""A stranger's chat template tried out where it can do no harm: in a process of its own.

In this process Jinja's sandbox keeps a template from Python's insides, but not from memory or
time: `'x' * 10**11` is one step. So a template is first rendered by a child that has bounds on
both, and what names Python's insides anywhere, reached or not, is refused before.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache

from whet.errors import ModelError

TIME_S = 10
MEMORY_BYTES = 1_000_000_000
MAX_CHARS = 16_000_000
MAX_SOURCE_CHARS = 1_000_000

_PROGRAM = """\
import json, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
    resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError):
    pass
import jinja2, jinja2.ext, jinja2.sandbox

class Generation(jinja2.ext.Extension):
    tags = {{"generation"}}
    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)
    def _same(self, caller):
        return caller()

def refuse(message):
    raise jinja2.exceptions.TemplateError(message)

given = json.loads(sys.stdin.read())
environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
environment.filters["tojson"] = lambda x, **more: json.dumps(x, ensure_ascii=False)
environment.globals["raise_exception"] = refuse
environment.globals["strftime_now"] = lambda form: "2026-01-01"
try:
    text = environment.from_string(given["source"]).render(
        messages=given["messages"], add_generation_prompt=True, **given["tokens"])
    print("length", len(text))
except MemoryError:
    print("memory")
except jinja2.exceptions.SecurityError as error:
    print("security", error)
except Exception as error:
    print("error", type(error).__name__)
"""


@lru_cache(maxsize=64)
def try_template(source: str, bos_token: str = "", eos_token: str = "") -> None:
    """Refuses a template that attacks: Python's insides, endless work, endless output.

    One that fails otherwise is let through: what uses it tells its fault in its own words.

    Raises:
        ModelError: it names Python's insides, or needs more than ten seconds, a gigabyte or
            sixteen million characters for one short conversation.
    """
    if len(source) > MAX_SOURCE_CHARS:
        raise ModelError(f"the chat template is {len(source):,} characters long; it is refused.")
    _refuse_insides(source)
    given = {
        "source": source,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is 2 + 2?"},
        ],
        "tokens": {"bos_token": bos_token, "eos_token": eos_token, "tools": None},
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own program, the template is data to it
            [sys.executable, "-I", "-c", _PROGRAM.format(memory=MEMORY_BYTES, seconds=TIME_S)],
            input=json.dumps(given).encode(),
            capture_output=True,
            timeout=1.5 * TIME_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"the chat template ran for over {TIME_S} s; it is refused.") from None
    _judge(done.returncode, done.stdout.decode("utf-8", "replace").strip())


def _judge(status: int, told: str) -> None:
    what, _, rest = told.partition(" ")
    if what == "security":
        raise ModelError(f"the chat template does what templates may not: {rest[:200]}")
    if what == "memory":
        raise ModelError(
            f"the chat template needs more than {MEMORY_BYTES:,} bytes for one conversation; it is"
            " refused."
        )
    if what == "length" and int(rest) > MAX_CHARS:
        raise ModelError(
            f"the chat template wrote {int(rest):,} characters for one conversation; at most"
            f" {MAX_CHARS:,} are allowed."
        )
    if status < 0:
        raise ModelError(
            f"the chat template ran for over {TIME_S} s, or took too much memory; it is refused."
        )


def _refuse_insides(source: str) -> None:
    """Refuses names such as `__class__` as attributes, items or filter arguments.

    Raises:
        ModelError: naming the line.
    """
    import jinja2
    import jinja2.ext
    from jinja2 import nodes

    class Generation(jinja2.ext.Extension):
        tags = {"generation"}  # noqa: RUF012 - Jinja's own form

        def parse(self, parser: jinja2.parser.Parser) -> nodes.Node | list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    environment = jinja2.Environment(extensions=[Generation, jinja2.ext.loopcontrols])  # noqa: S701 - parses only
    try:
        tree = environment.parse(source)
    except (jinja2.exceptions.TemplateSyntaxError, RecursionError):
        return  # told in its own words where it is rendered
    for attribute in tree.find_all(nodes.Getattr):
        _refuse_name(attribute.attr, attribute.lineno)
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str):
            _refuse_name(constant.value, constant.lineno)


def _refuse_name(name: str, line: int) -> None:
    if name.startswith("__") and name.endswith("__") and name.strip("_").isidentifier():
        raise ModelError(
            f"the chat template does what templates may not: line {line} names {name!r}, which"
            " leads to Python's insides."
        )
