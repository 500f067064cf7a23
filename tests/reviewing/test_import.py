"""Votes are read without the packages of the page."""

from __future__ import annotations

import subprocess
import sys


def test_the_verbs_that_read_votes_import_no_server_and_no_database_driver() -> None:
    code = (
        "import sys\n"
        "import whet.verbs.review, whet.verbs.review_actions, whet.verbs.verdict, whet.cli.review\n"
        "import whet.reviewing.comparing.desk, whet.reviewing.store.opening\n"
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'psycopg', 'torch'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
