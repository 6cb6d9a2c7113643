"""What is judged: our server as people start it, over each transport, on a made-up Civitai and a home thrown away."""

import asyncio
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import environment
from civitai_engagement.sandbox import Item, Sandbox, World
from civitai_engagement.store.embedded import temporary_folder

POST = 21_000_001
PROGRAM = (sys.executable, "-m", "civitai_engagement")
SERVE = (*PROGRAM, "serve", "--no-collect", "--toolsets", "all")
LOOPBACK = "127.0.0.1"
PATIENCE = 60
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the server answers, and with which settings another one may be started."""

    settings: dict[str, str]
    http: str
    sse: str

    def targets(self) -> dict[str, str]:
        return {"stdio": " ".join(SERVE), "http": self.http, "sse": self.sse}


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Record a post with a few media, and serve over HTTP; `/sse` is at the same address."""
    with temporary_folder("judges") as folder:
        async with Sandbox(_world()) as sandbox:
            settings = environment(_settings(sandbox.url, folder / "home"))
            await _record(settings)
            async with _served(settings) as port:
                address = f"http://{LOOPBACK}:{port}"
                yield Stage(settings, f"{address}/mcp", f"{address}/sse")


def _world() -> World:
    world = World.empty(live=True)
    world.add_post(post_id=POST, items=[Item() for _ in range(3)], title="Three harbours")
    for item in world.items_of(POST):
        world.set_stats(item.id, like=12, heart=5, comment=1)
    return world


def _settings(url: str, home: Path) -> dict[str, str]:
    return {
        "CIVITAI_BASE_URL": url,
        "CIVITAI_ENGAGEMENT_HOME": str(home),
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
        "CIVITAI_ENGAGEMENT_LOG_LEVEL": "ERROR",
    }


async def _record(settings: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(*PROGRAM, "record", str(POST), env=settings, stdout=DEVNULL)
    if await process.wait():
        raise SystemExit("The post to ask for could not be recorded.")


@asynccontextmanager
async def _served(settings: dict[str, str]) -> AsyncIterator[int]:
    port = _free_port()
    process = await asyncio.create_subprocess_exec(*SERVE, "--transport", "http", "--port", str(port), env=settings)
    try:
        async with asyncio.timeout(PATIENCE):
            await _listening(port, process)
        yield port
    finally:
        await _stop(process)


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


async def _listening(port: int, process: Process) -> None:
    while process.returncode is None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.close()
            return
        await asyncio.sleep(0.1)
    raise SystemExit("The server did not start.")
