"""`python -m judges` asks the conformance suite, the Inspector and mcp-scanner, and writes docs/judges.md."""

import asyncio
import re
import sys
import time
from asyncio.subprocess import PIPE, STDOUT
from datetime import UTC, datetime

from judges import environments
from judges.stage import SERVE, Stage, stage

PAGE = environments.HERE.parent / "docs" / "judges.md"
# What means something for a server without the suite's own tools, prompts and resources.
SCENARIOS = {
    "2025-06-18": "server-initialize ping tools-list resources-list prompts-list",
    "2025-11-25": "server-initialize ping tools-list resources-list prompts-list dns-rebinding-protection",
    "2026-07-28": "server-stateless tools-list resources-list prompts-list sep-2164-resource-not-found caching"
    " http-header-validation server-sse-multiple-streams dns-rebinding-protection",
}
# Two checks ask for a tool of the suite's own.
EXPECTED = {("2026-07-28", "server-stateless"): 2}
LIMIT = 300
_COUNTS = re.compile(r"Passed: (\d+)/(\d+)")
_FOUND = re.compile(r"\d+ errors?, \d+ warnings?[^\n]*\.|No .* problems[^\n]*")
WARNINGS = {"any value": "it accepts any value", "null beside a list of choices": "`type` is an array"}
Row = tuple[str, str, bool]


async def judge(ready: Stage) -> list[Row]:
    """Give each judgement: what was asked, what was said, and whether it is as expected."""
    rows = [await _conformance(ready, revision, one) for revision, names in SCENARIOS.items() for one in names.split()]
    rows += [await _inspector(ready, over) for over in ("stdio", "http", "sse")]
    return [*rows, await _scanner(ready)]


async def _conformance(ready: Stage, revision: str, scenario: str) -> Row:
    suite = str(environments.node() / "@modelcontextprotocol/conformance/dist/index.js")
    asked = ("server", "--url", ready.http, "--scenario", scenario, "--spec-version", revision, "--force")
    _, said = await _run(ready, _node(), suite, *asked)
    counts = _COUNTS.search(said)
    passed, of = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    is_right = of > 0 and of - passed <= EXPECTED.get((revision, scenario), 0)
    return f"conformance {revision} {scenario}", f"{passed} of {of} checks" if of else _short(said), is_right


async def _inspector(ready: Stage, over: str) -> Row:
    cli = str(environments.node() / "@modelcontextprotocol/inspector/clients/launcher/build/index.js")
    target = SERVE if over == "stdio" else (ready.targets()[over], "--transport", over)
    code, said = await _run(ready, _node(), cli, "--cli", *target, "--method", "tools/list", "--strict")
    found = _FOUND.search(said)
    warned = {kind: said.count(words) for kind, words in WARNINGS.items()}
    told = ", ".join(f"{number} {kind}" for kind, number in warned.items())
    return (
        f"Inspector --strict {over}",
        f"{found[0] if found else _short(said)} {told}",
        not (code or warned["any value"]),
    )


async def _scanner(ready: Stage) -> Row:
    program = environments.python("scanner").with_name("mcp-scanner")
    server = [part for one in SERVE[1:] for part in (f"--stdio-arg={one}",)]
    asked = ("--analyzers", "yara", "--format", "summary", "stdio", "--stdio-command", SERVE[0], *server)
    code, said = await _run(ready, str(program), *asked)
    safe, all_of_them = said.count("- SAFE"), len(re.findall(r"^\d+\. \w+ \(tool\)", said, re.MULTILINE))
    return "mcp-scanner (yara) stdio", f"{safe} of {all_of_them} tools safe", code == 0 < safe == all_of_them


def _node() -> str:
    return str(environments.node() / "node" / "bin" / "node")


async def _run(ready: Stage, *command: str) -> tuple[int, str]:
    settings = ready.settings | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_COLOR": "1"}
    started = await asyncio.create_subprocess_exec(*command, env=settings, stdout=PIPE, stderr=STDOUT)
    try:
        said, _ = await asyncio.wait_for(started.communicate(), LIMIT)
    except TimeoutError:
        started.kill()
        return 1, f"no end after {LIMIT} seconds"
    return started.returncode or 0, said.decode(errors="replace")


def _short(said: str) -> str:
    return " ".join(said.split())[-200:].replace("|", "/")


INTRODUCTION = """\
# Outside judges

What the MCP conformance suite says of three revisions of the protocol, the Inspector of the tools' schemas, and Cisco's
mcp-scanner of the tools' descriptions (`make judges`). Measured on {day} in {minutes:.1f} minutes, not counting the
making of environments (`judges/python.txt`, `judges/npm.txt`).

Of the suite only the scenarios are run that mean something for a server without the suite's own tools or sessions. In
`server-stateless` of 2026-07-28, checks fail that need such a tool. The Inspector's warnings are choices that take null
besides: in the strict mode of some hosts a model must fill every parameter, and could leave no such choice open.

| judge | result | as expected |
| --- | --- | --- |
"""


def page(rows: list[Row], minutes: float) -> str:
    lines = [f"| {asked} | {said} | {'yes' if is_right else 'no'} |\n" for asked, said, is_right in rows]
    return INTRODUCTION.format(day=f"{datetime.now(UTC):%Y-%m-%d}", minutes=minutes) + "".join(lines)


async def _all() -> list[Row]:
    async with stage() as ready:
        return await judge(ready)


def main() -> None:
    environments.node()
    environments.python("scanner")
    began = time.monotonic()
    rows = asyncio.run(_all())
    told = page(rows, (time.monotonic() - began) / 60)
    PAGE.write_text(told, encoding="utf-8")
    print(told)
    sys.exit(0 if all(is_right for _, _, is_right in rows) else "Not all is as expected.")


if __name__ == "__main__":
    main()
