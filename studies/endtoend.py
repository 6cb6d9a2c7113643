"""`python -m studies.endtoend`: worlds of the sandbox, collected, asked about over stdio; into docs/effects.md.

What is planted is to lie in the interval that `find_parameter_effects` tells; where nothing is, nothing is to be
named. Seeds are the first natural numbers. All posts come out within two days, so that a world is collected in minutes.
"""

import argparse
import asyncio
import math
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from mcp import Client

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.jobs.features import keep_outdated
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.library.watching import watch
from civitai_engagement.records.watches import Names
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Sandbox, Switches, World, WorldName
from civitai_engagement.sandbox.planted import EFFECTS, PLANS, WorldPlan
from civitai_engagement.sandbox.posting import Posting, model_versions
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import WorldClock
from civitai_engagement.settings import Settings
from civitai_engagement.store.claims import this_process
from civitai_engagement.store.embedded import temporary_folder
from docs.questions import server
from studies.estimators import DEVELOPMENT, PAGE, Figure, as_table, put_between

BEGIN, END = "<!-- Made by `python -m studies.endtoend`; do not edit. -->", "<!-- End of what was asked end to end. -->"
BORN = datetime(2026, 5, 4, tzinfo=UTC)
DAY = timedelta(days=1)
PUBLISHING = 2  # days
TICKS = 6  # one a day, the last when the youngest is older than three days
STRONG, WEAK = "Illustrious", "SD 1.5"
NAMES = {"steps": "steps, per doubling", "hires": "hires", "sampler DPM++ SDE": "sampler DPM++ SDE"} | {
    "LoRA softLight": "lora softLight",
    "type video": "video",
    "first of its post": "first of its post",
}
FAMILIES = {"base model Illustrious": STRONG, "base model SD 1": WEAK}
LEAST = 85  # percent: 17 of 20


@dataclass(frozen=True, slots=True)
class Size:
    """How many creators and posts a world has."""

    creators: int
    posts: int


WHOLE, SMALL = Size(60, 1_860), Size(24, 360)


@dataclass(frozen=True, slots=True)
class Trip:
    """One world there and back: what the tool told of each thing, and what is true of it as logarithms."""

    world: str
    seed: int
    rows: Mapping[str, Mapping[str, Any]]
    truth: Mapping[str, float]
    summary: str

    @property
    def named(self) -> list[str]:
        return [name for name, row in self.rows.items() if row["verdict"] in ("more", "less")]

    def holds(self, name: str) -> bool:
        """Say whether the interval told holds what was planted."""
        row, true = self.rows.get(name, {}), math.exp(self.truth[name])
        return bool(row.get("low", math.inf) <= true <= row.get("high", 0.0))


@dataclass(frozen=True, slots=True)
class CollectedWorld:
    """A world that was collected: by which settings, and when it may be asked about."""

    world: World
    plan: WorldPlan
    settings: Settings
    asked_at: datetime

    def client(self) -> Client:
        return Client(server(self.settings, self.asked_at))


@asynccontextmanager
async def collected(name: WorldName, seed: int, size: Size = WHOLE) -> AsyncIterator[CollectedWorld]:
    """Collect one world, and keep it served and stored for as long as it is asked about."""
    plan = replace(PLANS[name], days=PUBLISHING, creators=size.creators, posts=size.posts)
    clock = ManualClock(BORN)
    world = _world(plan, seed, clock)
    with temporary_folder("endtoend") as folder:
        async with Sandbox(world) as sandbox:
            settings = Settings(_env_file=None, civitai_base_url=sandbox.url, home=folder / "home")
            await _collect(world, clock, settings)
            yield CollectedWorld(world, plan, settings, clock.now() + timedelta(minutes=5))


async def travelled(name: WorldName, seed: int, size: Size = WHOLE) -> Trip:
    """Collect one world and ask."""
    async with collected(name, seed, size) as made:
        answer = await _asked(made)
    rows = {one["what"]: one for one in answer["rows"]}
    return Trip(name.value, seed, rows, _truth(made.world) if made.plan.effects else {}, answer["summary"])


def _world(plan: WorldPlan, seed: int, clock: ManualClock) -> World:
    world = World.empty(switches=Switches(post_endpoint=True))
    world.clock = WorldClock(clock, BORN)
    versions = model_versions(BORN - 100 * DAY)
    return world.fill(versions, Posting(plan, seed, BORN, versions).population())


async def _collect(world: World, clock: ManualClock, settings: Settings) -> None:
    """Watch all creators from the first day on, look once a day, and read everything off in the end."""
    runtime = Runtime(settings, clock=clock)
    runtime.civitai = Civitai(settings, clock=clock, budget=FreeTurns())
    creators = sorted({str(post.username) for post in world.posts.values()})
    async with runtime.opened(warm_up=False):
        clock.advance(DAY / 2)
        await watch(runtime, Names.creators(creators))
        async with await runtime.store.claims(this_process()) as claims:
            for _ in range(TICKS):
                await run_tick(runtime, claims)
                clock.advance(DAY)
        while await keep_outdated(runtime, 20_000):
            pass


async def _asked(made: CollectedWorld) -> dict[str, Any]:
    async with made.client() as client:
        result = await client.call_tool("find_parameter_effects", {"limit": 60})
    if result.is_error or result.structured_content is None:
        raise RuntimeError(str(result.content))
    return dict(result.structured_content)


def _truth(world: World) -> dict[str, float]:
    """Give the true logarithm of what each row compares: a base model stands against the mean of the others."""
    told = {name: math.log(EFFECTS[effect]) for name, effect in NAMES.items()}
    media = Counter(base for item in world.items for base in item.base_models or ())
    for name, own in FAMILIES.items():
        others = {base: n for base, n in media.items() if base != own}
        mean = sum(n * math.log(EFFECTS.get(f"base model {base}", 1.0)) for base, n in others.items())
        told[name] = math.log(EFFECTS[f"base model {own}"]) - mean / sum(others.values())
    return told


def figures(trips: Sequence[Trip]) -> Iterator[Figure]:
    planted = [one for one in trips if one.truth]
    for name in planted[0].truth if planted else ():
        held = sum(one.holds(name) for one in planted)
        what = f"worlds whose interval of {name} holds what was planted"
        yield Figure("end to end, planted", what, held, len(planted), least=LEAST)
    if planted:
        every = [name in one.named for one in planted for name in one.truth]
        yield Figure("end to end, planted", "planted things named", sum(every), len(every))
    if nulls := [one for one in trips if one.world == WorldName.NULL]:
        quiet = sum(not one.named for one in nulls)
        yield Figure("end to end, null", "worlds in which nothing is named", quiet, len(nulls), least=LEAST)


def trip(task: tuple[WorldName, int], *, until: float) -> Trip | None:
    """Make one trip, unless the time is over."""
    if time.time() > until:
        return None
    started = time.monotonic()
    found = asyncio.run(travelled(*task))
    missed = [name for name in found.truth if not found.holds(name)]
    words = f"not held: {', '.join(missed) or 'none'}" if found.truth else f"named: {', '.join(found.named) or 'none'}"
    print(f"... {found.world} {found.seed}: {words}; {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m studies.endtoend", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="of each of the two worlds")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60, help="after so many, no further world is begun")
    parser.add_argument("--development", action="store_true", help="other seeds, nothing written")
    given = parser.parse_args()
    first = DEVELOPMENT if given.development else 1
    tasks = [(name, first + place) for place in range(given.seeds) for name in (WorldName.PLANTED, WorldName.NULL)]
    with ProcessPoolExecutor(given.workers) as pool:
        started = pool.map(partial(trip, until=time.time() + 60 * given.minutes), tasks)
        table = as_table(list(figures([one for one in started if one is not None])))
    print(table)
    if not given.development:
        PAGE.write_text(put_between(PAGE.read_text(encoding="utf-8"), (BEGIN, END), table), encoding="utf-8")


if __name__ == "__main__":
    main()
