"""Code of models runs bounded, and only what runs to its end passes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from whet.evals.benchmarks.code import program, scored
from whet.evals.benchmarks.files import read_humaneval
from whet.evals.benchmarks.sandbox import passes, without_network


@pytest.fixture(scope="module")
def problems(test_data: Path) -> list[dict[str, str]]:
    file = test_data / "eval" / "humaneval" / "HumanEval.jsonl.gz"
    (part,) = read_humaneval(file, 12).parts.values()
    return list(part.docs.values())


def test_the_published_solutions_pass_and_an_empty_one_does_not(
    problems: list[dict[str, str]],
) -> None:
    right = scored(["x"] * len(problems), problems, [p["canonical_solution"] for p in problems])
    assert [item.score for item in right] == [1.0] * len(problems)
    wrong = scored(["x"], problems[:1], ["    return None\n"])
    assert wrong[0].score == 0.0


def test_the_program_is_the_problem_the_answer_and_its_tests(
    problems: list[dict[str, str]],
) -> None:
    text = program(problems[0], "    return 1\n")
    assert text.startswith(problems[0]["prompt"])
    assert text.endswith(f"check({problems[0]['entry_point']})\n")


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "assert False",
        "not python",
        "x = bytearray(2**31)",
        "while True: print('x' * 10000)",
        "open('big', 'wb').write(b'0' * 2**22)",
        "import os\nassert os.environ.get('HOME')",
    ],
)
def test_what_leaves_early_fails_or_goes_over_a_bound_has_not_passed(text: str) -> None:
    assert not passes(text)


def test_an_endless_program_is_stopped_with_what_it_started() -> None:
    started = time.monotonic()
    assert not passes("import time\nwhile True: time.sleep(1)", timeout_s=1.0)
    assert time.monotonic() - started < 5


def test_it_runs_in_an_empty_folder_of_its_own(tmp_path: Path) -> None:
    assert passes("import os\nassert os.listdir('.') == []\nopen('a', 'w').write('x')")
    assert not (Path(os.getcwd()) / "a").exists()


def test_where_this_machine_can_the_network_is_cut_off() -> None:
    if not without_network():
        pytest.skip("this machine has no `unshare -n` for this user")
    reach = "import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=1)"
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        assert not passes(reach.format(port=port))
