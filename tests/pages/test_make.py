"""The words of the Makefile that a fresh machine is tested with."""

import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import pytest_terminal_summary

ROOT = Path(__file__).resolve().parents[2]
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def made(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *words]
    told = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=told, check=False, capture_output=True, text=True)


@needs_make
def test_testing_installs_nothing_of_the_system() -> None:
    said = made("-n", "test").stdout
    assert "pytest" in said
    assert not [word for word in ("apt", "sudo") if word in said]


@needs_make
@pytest.mark.parametrize("user", ["0", "1000"])
def test_what_some_tests_need_is_printed_and_that_it_cannot_be_installed_is_no_failure(
    tmp_path: Path, user: str
) -> None:
    for name, script in (("id", f"echo {user}"), ("apt-get", "exit 100")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    done = made("system", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "pgbouncer chromium" in done.stdout
    assert ("could not be installed" in done.stdout) is (user == "0")


def test_continuous_integration_runs_just_these_words() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "exec make system test"


def test_what_was_skipped_is_counted_by_reason_at_the_end() -> None:
    said: list[str] = []
    reports = [SimpleNamespace(longrepr=one) for one in (("a.py", 1, "Skipped: no pooler"),) * 2]
    reports.append(SimpleNamespace(longrepr=["b.py", 2, "no browser"]))
    reporter: Any = SimpleNamespace(stats={"skipped": reports}, section=said.append, line=said.append)
    pytest_terminal_summary(reporter)
    assert said == ["3 tests skipped", "   2  no pooler", "   1  no browser"]
