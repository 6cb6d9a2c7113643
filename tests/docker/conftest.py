"""What the image is made of, read; and the package as the image installs it, without Docker."""

import json
import os
import pwd
import re
import stat
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Dockerfile:
    """The instructions of a Dockerfile, stage by stage.

    >>> dockerfile.last("USER")
    '1000:1000'
    """

    stages: list[list[tuple[str, str]]]

    def all(self, name: str) -> list[str]:
        return [value for stage in self.stages for word, value in stage if word == name]

    def last(self, name: str) -> str:
        """The value that holds for the image: the last one of the last stage."""
        return [value for word, value in self.stages[-1] if word == name][-1]

    def words(self, name: str) -> list[str]:
        """The words of an instruction in its JSON form."""
        words: list[str] = json.loads(self.last(name)[self.last(name).index("[") :])
        return words


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def dockerfile() -> Dockerfile:
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    stages: list[list[tuple[str, str]]] = [[]]  # what stands before the first FROM holds for all
    for instruction in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, value = instruction.partition(" ")
        if name == "FROM":
            stages.append([])
        if name:
            stages[-1].append((name, value.strip()))
    return Dockerfile(stages)


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


@dataclass(frozen=True)
class Installed:
    """The wheel, and a fresh environment with only it installed; its dependencies are those of the tests."""

    wheel: Path
    bin: Path


@pytest.fixture(scope="session")
def installed(reachable_folder: Path) -> Installed:
    """Build the wheel and install it, with a Python that an ordinary user can run."""
    folder = reachable_folder / "image"
    wheel = _built(folder)
    python = _python_for_all()
    subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    target = folder / "venv" / "bin" / "python"
    _pip("--python", target, "install", "--no-deps", wheel)
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return Installed(wheel, target.parent)


def _built(folder: Path) -> Path:
    made = _pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT, check=False)
    if "hatchling" in made.stderr and "No matching distribution" in made.stderr:
        pytest.skip("building the wheel needs a package index")
    assert made.returncode == 0, made.stderr
    [wheel] = folder.glob("*.whl")
    return wheel


def _pip(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(command, check=check, capture_output=True, text=True)


@pytest.fixture
def ordinary() -> dict[str, Any]:
    """How to start a process as an ordinary user: as nobody, where the tests run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _python_for_all() -> Path:
    """Find a Python like ours that an ordinary user can run: root's own may lie where only root can go."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (Path(sys.executable), Path("/usr/local/bin", version), Path("/usr/bin", version)):
        if python.exists() and all(folder.stat().st_mode & stat.S_IXOTH for folder in python.resolve().parents):
            return python
    pytest.skip(f"no {version} here that an ordinary user can run")
