"""One run: a sandbox and a stored history, both servers over both transports, then starts, memory and sizes."""

import asyncio
import json
import platform
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from benchmarks import footprint
from benchmarks.cases import FETCHED_POST, Case, cases
from benchmarks.ledger import Seed, whole_second
from benchmarks.processes import BARE, OURS, TRANSPORTS, Served, over_stdio
from benchmarks.report import Report, Row
from benchmarks.rounds import IN_FLIGHT, Effort, compare, stint
from benchmarks.wire import answer_of
from civitai_engagement.runtime import WARM_UP_AFTER
from civitai_engagement.sandbox import Item, Sandbox, World
from civitai_engagement.sandbox.metadata import Recipe, ordinary_meta
from civitai_engagement.store.embedded import temporary_folder
from civitai_engagement.store.store import Store

Say = Callable[[str], None]
FETCHED_MEDIA = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """What both servers are measured on: our settings, the calls, and the constants of the bare one."""

    settings: dict[str, str]
    cases: list[Case]
    constants: Path


@asynccontextmanager
async def stage(posts: int) -> AsyncIterator[Stage]:
    """Set up a Civitai and a database; the database stays up until the end."""
    with temporary_folder("bench") as folder:
        store = Store(url=None, home=folder / "home")
        try:
            await Seed(posts, whole_second()).write(store)
            async with Sandbox(_world()) as sandbox:
                settings = _settings(sandbox.url, folder / "home")
                yield Stage(settings, cases(posts), await _constants(settings, cases(posts), folder))
        finally:
            await store.close()


def _settings(url: str, home: Path) -> dict[str, str]:
    return {
        "CIVITAI_BASE_URL": url,
        "CIVITAI_ENGAGEMENT_HOME": str(home),
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
        "CIVITAI_ENGAGEMENT_LIVE_MEMORY": "P1D",  # Civitai is asked once, then left out of the figures
        "CIVITAI_ENGAGEMENT_LOG_LEVEL": "ERROR",
    }


def _world() -> World:
    random = Random(5)
    recipe = Recipe("harbourMix", 500_001, 30, 6.5)
    world = World.empty(live=True)
    media = [Item(meta=ordinary_meta(random, recipe)) for _ in range(FETCHED_MEDIA)]
    world.add_post(post_id=FETCHED_POST, items=media, title="A hundred harbours")
    for item in world.items_of(FETCHED_POST):
        world.set_stats(item.id, like=random.randrange(400), heart=random.randrange(90), comment=random.randrange(9))
    return world


async def _constants(settings: dict[str, str], wanted: list[Case], folder: Path) -> Path:
    """Take down an answer of ours for each call; the fetched post is recorded before, so that it has a history too."""
    async with over_stdio(OURS, settings) as ours:
        record = {"name": "record_civitai_post", "arguments": {"posts": [str(FETCHED_POST)]}}
        answer_of(await ours.wire.ask("tools/call", record))
        constants = {}
        for case in wanted:
            result = answer_of(await ours.wire.ask("tools/call", case.params(0)))["result"]
            constants[case.name] = {"model": case.model, "result": result}
    path = folder / "constants.json"
    path.write_text(json.dumps(constants))
    return path


async def run(posts: int, effort: Effort, say: Say) -> Report:
    """Measure everything."""
    report = Report(machine())
    say(f"storing {posts} posts with {10 * posts} media and a week of history")
    async with stage(posts) as ready:
        for transport, over in TRANSPORTS.items():
            async with over(OURS, ready.settings) as ours, over((*BARE, str(ready.constants)), {}) as bare:
                await _warm(ours, bare, ready.cases, effort.warm)
                for case in ready.cases:
                    say(f"{case.name} over {transport}")
                    report.rows.extend(await _rows(case, transport, ours, bare, effort))
                if transport == "stdio":
                    report.sizes.extend(await footprint.sizes(ours.wire))
        say("memory")
        report.memory.extend(await footprint.memory(ready.settings, rest_seconds=effort.rest_seconds))
        say("starts")
        report.starts.extend(await footprint.starts(ready.settings, times=effort.starts))
    return report


async def _warm(ours: Served, bare: Served, wanted: list[Case], calls: int) -> None:
    """Let both servers answer everything a few times, and ours finish what it does a second after its start."""
    for case in wanted:
        await stint(ours, case.params, calls=calls, in_flight=IN_FLIGHT)
        await stint(bare, case.constant, calls=calls, in_flight=IN_FLIGHT)
    await asyncio.sleep(2 * WARM_UP_AFTER)


async def _rows(case: Case, transport: str, ours: Served, bare: Served, effort: Effort) -> list[Row]:
    plans = ((1, effort.sequential), (IN_FLIGHT, effort.concurrent))
    sides = ((ours, case.params), (bare, case.constant))
    return [
        Row(
            case.name,
            transport,
            in_flight,
            case.bound,
            await compare(*sides, rounds=effort.rounds, calls=calls, in_flight=in_flight),
        )
        for in_flight, calls in plans
    ]


def machine() -> dict[str, str | int]:
    """Say in plain words what this ran on, and how busy it was with other things."""
    return {
        "CPUs": psutil.cpu_count() or 0,
        "memory GB": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "Python": platform.python_version(),
        "busy % before": round(psutil.cpu_percent(interval=1)),
    }
