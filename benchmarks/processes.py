"""The servers under measurement, as real processes, and what they use."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.wire import BIGGEST_LINE, Pipes, Posts, Wire

ROOT = Path(__file__).resolve().parents[1]
MIB = 2**20
BARE = ("-m", "benchmarks.bare")
OURS = ("-m", "civitai_engagement", "serve", "--no-collect")
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MiB: resident, its share of what is shared, and its alone."""

    rss: float
    pss: float
    uss: float

    @classmethod
    def of(cls, pid: int) -> "Memory":
        held = psutil.Process(pid).memory_full_info()
        return cls(held.rss / MIB, getattr(held, "pss", 0) / MIB, held.uss / MIB)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server and the wire to it."""

    wire: Wire
    pid: int

    def cpu_seconds(self) -> float:
        used = psutil.Process(self.pid).cpu_times()
        return used.user + used.system


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our own environment without the developer's settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CIVITAI_", "DATABASE_URL"))}
    return {**kept, **settings}


@asynccontextmanager
async def started(arguments: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run a server; at the end close its standard input, and insist if that does not end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=PIPE, stdout=PIPE, limit=BIGGEST_LINE, cwd=ROOT, env=environment(settings)
    )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if "--port" in _command(process.pid):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _command(pid: int) -> list[str]:
    with suppress(psutil.Error):
        return psutil.Process(pid).cmdline()
    return []


@asynccontextmanager
async def over_stdio(arguments: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[Served]:
    async with started(arguments, settings) as process, Pipes(process) as wire:
        yield Served(wire, process.pid)


@asynccontextmanager
async def over_http(arguments: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[Served]:
    port = _free_port()
    chosen = [*arguments, "--port", str(port)] + (["--transport", "http"] if "serve" in arguments else [])
    async with started(chosen, settings) as process, Posts(port) as wire:
        await _listening(port, process)
        yield Served(wire, process.pid)


TRANSPORTS = {"stdio": over_stdio, "http": over_http}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _listening(port: int, process: Process) -> None:
    while process.returncode is None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise ConnectionError("the server did not start")
