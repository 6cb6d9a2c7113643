"""Sets of tools: what is off is not listed and not named anywhere, but a call by its exact name still works.

A set is for reading, not for safety: it keeps what a client is told of small.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from civitai_engagement.server import tools
from civitai_engagement.setting_values import Toolset

SWITCH = "Start the server with `--toolsets all`, or set `CIVITAI_ENGAGEMENT_TOOLSETS=all`"
NOT_LISTED = f"The tools for that are not listed. {SWITCH}."
EVERY = frozenset(Toolset)
_MARK = re.compile(r" *<!-- (not )?(\w+) -->$")
_BLANK_LINES = re.compile(r"\n{3,}")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_TOOL = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")


@cache
def recorded() -> tuple[dict[str, Any], ...]:
    """Read what was recorded of every tool, and of which set it is; `make snapshots` records it."""
    pages = sorted((page for page in files(tools).iterdir() if page.name.endswith(".json")), key=lambda page: page.name)
    return tuple(json.loads(page.read_text(encoding="utf-8")) for page in pages)


@cache
def off(on: frozenset[Toolset]) -> frozenset[str]:
    """Name the tools of the sets that are not on."""
    return frozenset(told["name"] for told in recorded() if told["toolset"] not in on)


def fitting(page: str, on: frozenset[Toolset]) -> str:
    """Leave the lines of a page that fit the sets which are on: by their mark, and by the tools they name.

    >>> fitting("always\\nsometimes <!-- library -->\\notherwise <!-- not library -->", frozenset(Toolset))
    'always\\nsometimes'
    """
    kept = "\n".join(_MARK.sub("", line) for line in page.splitlines() if _fits(line, on))
    return _BLANK_LINES.sub("\n\n", kept) + page[len(page.rstrip()) :]


def _fits(line: str, on: frozenset[Toolset]) -> bool:
    mark = _MARK.search(line)
    is_meant = mark is None or (Toolset(mark[2]) in on) is (mark[1] is None)
    return is_meant and not _names_one_of(off(on), line)


def _names_one_of(tools: frozenset[str], text: str) -> bool:
    return not tools.isdisjoint(_TOOL.findall(text))


def advised(advice: str, on: frozenset[Toolset]) -> str:
    """Leave out the sentences of an advice that name a tool which is off; where only the fault is left, say why."""
    kept = " ".join(_ways(one, off(on)) for one in _SENTENCES.split(advice)) if off(on) else advice
    kept = _without(kept, off(on))
    is_step_left = kept == advice or len(_SENTENCES.split(kept)) > 1
    return kept if is_step_left else f"{kept} {NOT_LISTED}".strip()


def _ways(sentence: str, tools: frozenset[str]) -> str:
    """Of two ways that a sentence names, leave out the one that needs a tool which is off."""
    for tool in tools.intersection(_TOOL.findall(sentence)):
        sentence = re.sub(rf"\b{tool} or (?=[a-z]+_)| or {tool}\b", "", sentence)
        first, way, rest = sentence.partition(", or ")
        if way and _names_one_of(tools, first):
            sentence = rest[:1].upper() + rest[1:]
    return sentence


def described(told: dict[str, Any], on: frozenset[Toolset]) -> dict[str, Any]:
    """Give what clients are told of a tool without sentences that name a tool which is off."""
    quiet: dict[str, Any] = _quiet(told, off(on))
    return quiet


def _quiet(told: Any, tools: frozenset[str]) -> Any:
    if isinstance(told, list):
        return [_quiet(one, tools) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        key: (_without(value, tools) or told.get("title", "Its value."))
        if key == "description" and isinstance(value, str)
        else _quiet(value, tools)
        for key, value in told.items()
    }


def _without(text: str, tools: frozenset[str]) -> str:
    """Leave out the sentences that name one of these tools."""
    if not _names_one_of(tools, text):
        return text
    return " ".join(one for one in _SENTENCES.split(text) if not _names_one_of(tools, one))
