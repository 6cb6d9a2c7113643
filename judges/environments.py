"""What the judges and clients are installed in: a cached folder for each, by the lists beside this file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent / ".judges"
NODE = CACHE / "node"


def wanted() -> dict[str, list[str]]:
    """Read which packages each environment has: a line is a name, a colon, and requirements."""
    lines = (line for line in (HERE / "python.txt").read_text(encoding="utf-8").splitlines() if ":" in line)
    return {name.strip(): packages.split() for name, _, packages in (line.partition(":") for line in lines)}


def python(name: str) -> Path:
    """Give the Python of an environment, made if it is not there or its line has changed."""
    folder, packages = CACHE / name, wanted()[name]
    made, wish = folder / "made", "\n".join(packages)
    interpreter = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not made.exists() or made.read_text(encoding="utf-8") != wish:
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
        made.write_text(wish, encoding="utf-8")
    return interpreter


def node() -> Path:
    """Give the folder of npm packages, a Node new enough for them among these."""
    wish = (HERE / "npm.txt").read_text(encoding="utf-8")
    made = NODE / "made"
    if not made.exists() or made.read_text(encoding="utf-8") != wish:
        NODE.mkdir(parents=True, exist_ok=True)
        _run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(NODE), *wish.split())
        made.write_text(wish, encoding="utf-8")
    return NODE / "node_modules"


def _run(*command: str) -> None:
    print("...", *command[:1], *command[-3:], file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr)
