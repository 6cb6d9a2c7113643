"""What tunes a process: tested by what it does, never by how long it takes."""

import gc
import subprocess
import sys
import tomllib
from pathlib import Path

from civitai_engagement.speed import loading


def test_garbage_is_not_looked_for_while_modules_are_loaded() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_had_switched_the_search_off_finds_it_off() -> None:
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_httpcore_looks_for_at_every_lock_is_there() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any(one.startswith("sniffio") for one in project["dependencies"])


def test_the_command_line_loads_no_answers() -> None:
    """Each command loads what it needs: a server that starts would wait for all of them."""
    loaded = "print(*(name for name in sys.modules if name.startswith(('civitai_engagement.a', 'mcp'))))"
    said = subprocess.run(
        [sys.executable, "-c", f"import sys, civitai_engagement.cli; {loaded}"], capture_output=True, check=True
    )
    assert [one for one in said.stdout.decode().split() if one.startswith(("civitai_engagement.analysis", "mcp"))] == []
