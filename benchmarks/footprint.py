"""What a server costs before and between calls: its start, its memory, the size of what it says."""

import asyncio
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from benchmarks.cases import SIZED, Arguments
from benchmarks.processes import BARE, OURS, Memory, over_stdio, started
from benchmarks.rounds import Ratio
from benchmarks.wire import HANDSHAKES, Wire, answer_of

TOKEN_BYTES = 4


@dataclass(frozen=True, slots=True)
class Starts:
    """Milliseconds from spawning a server to its first `tools/list`."""

    era: str
    ours_ms: float
    bare_ms: float
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class Held:
    """The memory of both servers at one moment of their life."""

    moment: str
    ours: Memory
    bare: Memory

    @property
    def ratio(self) -> float:
        return self.ours.rss / self.bare.rss


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of an answer, as text and as structure, and about how many tokens each is."""

    call: str
    text: int
    structured: int

    @property
    def tokens(self) -> tuple[int, int]:
        return self.text // TOKEN_BYTES, self.structured // TOKEN_BYTES


async def starts(settings: Mapping[str, str], *, times: int) -> list[Starts]:
    """Start both servers in turns, in either era; the first start of each fills the disk's cache and is forgotten."""
    found = []
    for era in HANDSHAKES:
        pairs = [(await _start(OURS, settings, era), await _start(BARE, settings, era)) for _ in range(times + 1)][1:]
        ours, bare = (1000 * median(side) for side in zip(*pairs, strict=True))
        found.append(Starts(era, ours, bare, Ratio.of([one / other for one, other in pairs])))
    return found


async def _start(arguments: tuple[str, ...], settings: Mapping[str, str], era: str) -> float:
    began = perf_counter()
    async with started(arguments, settings) as process:
        await HANDSHAKES[era](process)
        return perf_counter() - began


async def memory(settings: Mapping[str, str], *, rest_seconds: float) -> list[Held]:
    """Look at both servers after their first `tools/list`, and at rest after a first call, the database open."""
    ours = await _memory(OURS, settings, {"name": "find_asset", "arguments": {"asset_id": "1"}}, rest_seconds)
    bare = await _memory(BARE, settings, {"name": "ping", "arguments": {}}, rest_seconds)
    moments = ("after tools/list", "at rest after a call")
    return [Held(*of) for of in zip(moments, ours, bare, strict=True)]


async def _memory(
    arguments: tuple[str, ...], settings: Mapping[str, str], call: Arguments, rest_seconds: float
) -> tuple[Memory, Memory]:
    async with over_stdio(arguments, settings) as server:
        answer_of(await server.wire.ask("tools/list", {}))
        early = Memory.of(server.pid)
        answer_of(await server.wire.ask("tools/call", call))
        await asyncio.sleep(rest_seconds)
        return early, Memory.of(server.pid)


async def sizes(wire: Wire) -> list[Size]:
    """Weigh the answers that have a promised size, and the list of tools."""
    weighed = [await _size(call, wire.ask("tools/call", _params(*of))) for call, of in SIZED.items()]
    tools = await wire.ask("tools/list", {})
    return [*weighed, Size("tools/list", 0, len(tools))]


def _params(tool: str, arguments: Arguments) -> Arguments:
    return {"name": tool, "arguments": arguments}


async def _size(call: str, asked: Awaitable[bytes]) -> Size:
    result = answer_of(await asked)["result"]
    structured = json.dumps(result["structuredContent"], separators=(",", ":"), ensure_ascii=False)
    return Size(call, len(result["content"][0]["text"].encode()), len(structured.encode()))
