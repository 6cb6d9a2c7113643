"""Answers that are small on the way and huge unpacked: refused, with memory and the loop as they were."""

import asyncio
import gzip
import json
import resource
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import SystemClock
from civitai_engagement.errors import EngagementError
from civitai_engagement.ports import Lane
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.settings import Settings

if TYPE_CHECKING:
    from tests.drills.reports import Reports

MIB = 1024 * 1024


def _bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(mebibytes)) + packer.flush()


def _items(number: int) -> bytes:
    return json.dumps({"items": [{"id": one, "postId": 1} for one in range(1, number + 1)]}).encode()


def _answers() -> dict[str, tuple[str, bytes]]:
    return {
        "packed twice": ("gzip, gzip", gzip.compress(_bomb(256))),
        "packed once": ("gzip", _bomb(1024)),
        "many items": ("gzip", gzip.compress(_items(150_000))),
        "only brackets": ("gzip", gzip.compress(b"[" + b"{}," * 2_000_000 + b"{}]")),
    }


@asynccontextmanager
async def serving(encoding: str, body: bytes) -> AsyncIterator[str]:
    """Answer everything with one body, over a socket."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@dataclass
class Pulse:
    """How long the loop let others wait."""

    longest: float = 0.0

    async def beat(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            self.longest = max(self.longest, time.monotonic() - before - 0.005)


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def asked(url: str) -> str:
    settings = Settings(_env_file=None, civitai_base_url=url, live_patience=timedelta(seconds=20))
    async with Civitai(settings, clock=SystemClock(), budget=FreeTurns()) as civitai:
        try:
            await civitai.image(7, lane=Lane.LIVE)
        except EngagementError as error:
            return error.message
    return "believed"


@pytest.mark.drill
async def test_what_is_huge_unpacked_costs_neither_memory_nor_the_loop(reports: "Reports") -> None:
    seen: dict[str, str] = {}
    for name, (encoding, body) in _answers().items():
        pulse = Pulse()
        beating = asyncio.create_task(pulse.beat())
        memory, started = _most_memory(), time.monotonic()
        async with serving(encoding, body) as url:
            said = await asked(url)
        beating.cancel()
        assert said != "believed"
        grown, seconds = _most_memory() - memory, time.monotonic() - started
        seen[name] = (
            f"{len(body):,} bytes: {said.rstrip('.')}; {seconds:.0f} s with retries, {grown} MiB more memory, the loop "
            f"held for {pulse.longest * 1000:.0f} ms at most"
        )
        assert grown < 200
        assert pulse.longest < 2
    reports.tell("Decompression", **{name.replace(" ", "_"): words for name, words in seen.items()})
