"""Draw the floors of the house from the import contract, so that the drawing cannot differ from what is checked."""

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "src" / "civitai_engagement"
START = "<!-- The floors: made by `make docs` from [tool.importlinter]; do not edit. -->"
END = "<!-- The end of the floors. -->"


def contributing() -> str:
    """Give CONTRIBUTING.md as it is, with the floors of today."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    return f"{before}{START}\n```text\n{floors()}\n```\n{END}{rest.partition(END)[2]}"


def floors() -> str:
    """Draw each floor of the contract from the top, with what each room says of itself."""
    layers = _layers()
    return "\n".join(chain.from_iterable(_floor(len(layers) - at, layer) for at, layer in enumerate(layers, start=1)))


def _layers() -> list[str]:
    contracts: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    return [str(one) for one in layers]


def _floor(height: int, layer: str) -> Iterator[str]:
    for at, room in enumerate(re.findall(r"\w+", layer)):
        head = f"{'' if at else height:<4}{room:<12}"
        yield textwrap.fill(_said(room), width=116, initial_indent=head, subsequent_indent=" " * len(head))


def _said(room: str) -> str:
    """Give the first sentence of a room."""
    file = next(one for one in (HOUSE / room / "__init__.py", HOUSE / f"{room}.py") if one.exists())
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0].partition(". ")[0].rstrip(".")
