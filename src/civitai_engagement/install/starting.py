"""Does what a client starts answer? Its command is run as the client runs it, greeted, and let go."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from civitai_engagement import __version__
from civitai_engagement.errors import BadSetup
from civitai_engagement.install.client_files import ServerEntry
from civitai_engagement.log import scrub

SECONDS = 60.0
LINE = 2**20
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "civitai-engagement doctor", "version": __version__},
    },
}


async def greet(entry: ServerEntry, environment: Mapping[str, str], *, seconds: float = SECONDS) -> str:
    """Start a server as its client would, and give the name and version it answers with.

    Raises:
        BadSetup: It cannot be started, ends at once, or answers nothing.
    """
    process = await _started(entry, environment)
    try:
        async with asyncio.timeout(seconds):
            return await _answer(process, entry)
    except TimeoutError as error:
        raise BadSetup(f"{entry.command} says nothing for {seconds:g} seconds.", hint=_by_hand(entry)) from error
    finally:
        await _let_go(process)


async def _started(entry: ServerEntry, environment: Mapping[str, str]) -> Process:
    found = shutil.which(entry.command, path=environment.get("PATH"))
    if found is None:
        hint = "Run `civitai-engagement setup`, which writes where the program is now."
        raise BadSetup(f"The program {entry.command} is not there.", hint=hint)
    every = {**environment, **entry.environment}
    try:
        return await asyncio.create_subprocess_exec(
            found, *entry.arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=every, cwd=Path.home(), limit=LINE
        )
    except OSError as error:
        hint = "Run `civitai-engagement setup`, which writes where the program is now."
        raise BadSetup(f"{entry.command} cannot be started: {error.strerror}.", hint=hint) from error


async def _answer(process: Process, entry: ServerEntry) -> str:
    assert process.stdin is not None  # noqa: S101 # it was asked for
    assert process.stdout is not None  # noqa: S101
    with suppress(ConnectionError):  # it has ended: its last words say why
        process.stdin.write(json.dumps(HELLO).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    try:
        told = json.loads(line)["result"]["serverInfo"]
        return f"{told['name']} {told['version']}"
    except (ValueError, KeyError, TypeError) as error:
        raise await _silent(process, entry, line) from error


async def _silent(process: Process, entry: ServerEntry, line: bytes) -> BadSetup:
    """Say why no greeting came: with the last words on standard error, or what stood in its place."""
    if line:
        said = f"{entry.command} answers something other than MCP: {_plain(line)}."
        return BadSetup(said, hint="Its arguments should be just `serve`: run `civitai-engagement setup`.")
    assert process.stderr is not None  # noqa: S101 # it was asked for
    words = (await process.stderr.read(LINE)).strip().splitlines()
    last = f" It said: {_plain(words[-1])}" if words else ""
    return BadSetup(f"{entry.command} ends without an answer.{last}", hint=_by_hand(entry))


def _plain(words: bytes) -> str:
    return scrub(words.decode(errors="replace").strip())[:300]


def _by_hand(entry: ServerEntry) -> str:
    return f"Try it at a shell: `{' '.join((entry.command, *entry.arguments))}`."


async def _let_go(process: Process) -> None:
    """End it: it is asked by the end of its input first, as clients do."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(10):
            await process.communicate()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
