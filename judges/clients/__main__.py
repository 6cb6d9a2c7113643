"""`python -m judges.clients [NAME ...]` asks with all clients, or with these, and writes docs/clients.md after all."""

import asyncio
import json
import shutil
import sys
import time
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path

from judges import environments
from judges.stage import POST, Stage, stage

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "clients.md"
BOTH = ("stdio", "http")
ALL = (*BOTH, "sse")
PYTHON = ("fastmcp", "langchain", "pydantic_ai", "openai_agents", "mcp_use", "smolagents", "google_adk")
SCRIPTED = {"typescript_sdk": ALL, "typescript_client": BOTH}
PACKAGES = {"typescript_sdk": "@modelcontextprotocol/sdk", "typescript_client": "@modelcontextprotocol/client"}
TRANSPORTS = {**dict.fromkeys(PYTHON, ALL), **SCRIPTED}
LIMIT = 120
FINE = {"ok", "text only"}


async def ask_all(names: list[str]) -> dict[str, dict[str, dict[str, str]]]:
    """Ask with each client over each transport; what came of it, step by step."""
    programs = {name: _program(name) for name in names}
    async with stage() as ready:
        return {name: {over: await _ask(programs[name], over, ready) for over in TRANSPORTS[name]} for name in names}


def _program(name: str) -> list[str]:
    """Give the command that runs a client; the npm ones stand beside their packages, where Node looks for those."""
    if name not in SCRIPTED:
        return [str(environments.python(name)), "-m", f"judges.clients.with_{name}"]
    modules = environments.node()
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, environments.NODE)
    return [str(modules / "node" / "bin" / "node"), str(environments.NODE / f"with_{name}.mjs")]


async def _ask(program: list[str], over: str, ready: Stage) -> dict[str, str]:
    settings = ready.settings | {"JUDGES_POST": str(POST)}
    started = await asyncio.create_subprocess_exec(
        *program, over, ready.targets()[over], cwd=ROOT, env=settings, stdout=PIPE, stderr=PIPE
    )
    try:
        said, complaint = await asyncio.wait_for(started.communicate(), LIMIT)
    except TimeoutError:
        started.kill()
        return {"all": f"no end after {LIMIT} seconds"}
    told = [line for line in said.decode().splitlines() if line.startswith('{"list')]
    steps: dict[str, str] = json.loads(told[-1]) if told else {"all": complaint.decode().strip()[-300:]}
    print(program[-1].rpartition("with_")[2], over, steps, file=sys.stderr)
    return steps


INTRODUCTION = """\
# Clients

Nine clients ask the server over each transport they have (`make clients`): list the tools, read a post, be refused, be
shown a chart with its picture. *ok*: all four; *text only*: the client has no way to hand a picture on; *-*: it has no
such transport. Measured on {day} in {minutes:.1f} minutes, with the making of those environments that were not there
yet (`judges/python.txt`, `judges/npm.txt`).

| client | stdio | http | sse |
| --- | --- | --- | --- |
"""


def page(told: dict[str, dict[str, dict[str, str]]], minutes: float) -> str:
    rows = [
        f"| {_version(name)} | {' | '.join(_cell(overs.get(over)) for over in ALL)} |\n" for name, overs in told.items()
    ]
    return INTRODUCTION.format(day=f"{datetime.now(UTC):%Y-%m-%d}", minutes=minutes) + "".join(rows)


def _cell(steps: dict[str, str] | None) -> str:
    if steps is None:
        return "-"
    odd = [f"{step}: {what}" for step, what in steps.items() if what != "ok"]
    return "; ".join(odd).replace("|", "/").replace("\n", " ") or "ok"


def _version(name: str) -> str:
    if name in PACKAGES:
        lines = (HERE.parent / "npm.txt").read_text(encoding="utf-8").split()
        return next(line for line in lines if line.startswith(f"{PACKAGES[name]}@"))
    return " ".join(environments.wanted()[name])


def main() -> None:
    chosen = sys.argv[1:] or list(TRANSPORTS)
    began = time.monotonic()
    told = asyncio.run(ask_all(chosen))
    if not sys.argv[1:]:
        PAGE.write_text(page(told, (time.monotonic() - began) / 60), encoding="utf-8")
    print(page(told, (time.monotonic() - began) / 60))
    failed = [name for name, overs in told.items() if any(not FINE.issuperset(one.values()) for one in overs.values())]
    sys.exit(f"Not all right: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
