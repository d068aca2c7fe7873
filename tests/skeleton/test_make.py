"""`make`, as a newcomer types it: what is missing is said in the words of make."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.skeleton.conftest import bare_environment

SUBJECT = "subject=00000000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["role=staff"], "make token role=... subject=UUID"),
        (["role=staff", SUBJECT], "make dev"),
    ],
)
def test_a_token_wants_somebody_and_a_service(
    skeleton: Path, arguments: list[str], said: str
) -> None:
    done = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "token",
            f"SCAFFOLD_PYTHON={sys.executable}",
            *arguments,
        ],
        cwd=skeleton,
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    [line] = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert line.startswith("Makefile:") and said in line
