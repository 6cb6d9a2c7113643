"""What each client does, in its own environment: list the tools, read, be refused, and be shown a chart.

It says what came of each on standard output, as JSON. Nothing here imports the server.
"""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

POST = os.environ.get("JUDGES_POST", "")


@dataclass(frozen=True)
class Target:
    """Where the server is: a command for stdio, an address for the others."""

    transport: str
    url: str = ""
    command: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("JUDGES_")}


@dataclass(frozen=True)
class Told:
    """What a client made of an answer; pictures are None where it has no way to hand one on."""

    text: str
    is_error: bool = False
    pictures: int | None = None


class Asking(Protocol):
    async def tools(self) -> list[str]: ...
    async def call(self, tool: str, arguments: dict[str, object]) -> Told: ...


Connect = Callable[[Target], AbstractAsyncContextManager[Asking]]


def main(connect: Connect) -> None:
    transport, where = sys.argv[1:3]
    is_stdio = transport == "stdio"
    target = Target(transport, "" if is_stdio else where, shlex.split(where) if is_stdio else [])
    told = asyncio.run(converse(connect, target))
    print(json.dumps(told), flush=True)


async def converse(connect: Connect, target: Target) -> dict[str, str]:
    async with connect(target) as client:
        return {
            "list": _listed(await client.tools()),
            "read": _read(await client.call("fetch_civitai_post_assets", {"post_id": POST})),
            "refused call": _refused(await client.call("fetch_civitai_post_assets", {"post_id": "no-post-at-all"})),
            "chart": _drawn(await client.call("chart_engagement", {"posts": [POST]})),
        }


def _listed(names: list[str]) -> str:
    return "ok" if "chart_engagement" in names and len(names) > 30 else f"only {names}"


def _read(told: Told) -> str:
    return "ok" if not told.is_error and POST in told.text else f"told {told.text[:200]!r}"


def _refused(told: Told) -> str:
    return "ok" if told.is_error and "post" in told.text else f"told {told.text[:200]!r}"


def _drawn(told: Told) -> str:
    if told.is_error or POST not in told.text:
        return f"told {told.text[:200]!r}"
    return "ok" if told.pictures else "text only" if told.pictures is None else "the picture is missing"
