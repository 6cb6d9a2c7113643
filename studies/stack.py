"""The same figures end to end: worlds served by the sandbox, collected tick by tick, read back from Postgres."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log
from random import Random

from civitai_engagement.analysis.baseline import Rating, rate
from civitai_engagement.analysis.curves import HOUR, Curve, count_at
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.insight.curves import CurveCounter, draw
from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.records.curves import Scope
from civitai_engagement.records.watches import Names
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Counts, Item, Sandbox, Switches, World
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import WorldClock
from civitai_engagement.settings import Settings
from civitai_engagement.store.embedded import temporary_folder
from studies.counts import Case, fixed_age, half_lives
from studies.findings import Aim, Effort, Finding, median_percent, percent
from studies.worlds import FAMILIES, Life, live

CREATOR = "Ada"
START = datetime(2026, 5, 4, tzinfo=UTC)
FIRST_POST = 30_000_001
MOST_MEDIA = 3
PUBLISHING = timedelta(days=2)
FOLLOWED = 84.0
AGES = (24, 72)
RATED = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Expedition:
    """One world to collect: its seed, how many posts it has and how often a tick comes."""

    seed: int
    posts: int
    every: timedelta

    @property
    def cadence(self) -> str:
        return f"end to end, a tick every {self.every // HOUR} h"

    @property
    def ticks(self) -> int:
        return (PUBLISHING + FOLLOWED * HOUR) // self.every


FULL = (Expedition(seed=1, posts=45, every=4 * HOUR), Expedition(seed=2, posts=45, every=HOUR))


@dataclass(frozen=True, slots=True)
class Lived:
    """The counters of one media that got its share of a drawn life's reactions; the sandbox takes it as a growth."""

    events: Sequence[float]

    def counts(self, age: timedelta) -> Counts:
        return Counts(like=bisect_right(self.events, age / HOUR))

    def told(self) -> dict[str, object]:
        return {"curve": {"shape": "drawn"}}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A world and, by post, the family and the life that are true of it."""

    world: World
    lives: dict[int, tuple[str, Life]]


def draw_world(expedition: Expedition, clock: ManualClock) -> Drawn:
    random = Random(expedition.seed)
    world = World(WorldClock(clock, clock.now()), switches=Switches(post_endpoint=True), seed=expedition.seed)
    lives = {}
    for place in range(expedition.posts):
        name, family = list(FAMILIES.items())[place % len(FAMILIES)]
        born = (START + random.random() * PUBLISHING).replace(microsecond=0)
        life = live(random, born, family(random), random.lognormvariate(log(80), 1), until=FOLLOWED)
        media = [Item(counters=lived) for lived in _shared_out(life, random)]  # type: ignore[arg-type] # grows like one
        post = world.add_post(post_id=FIRST_POST + place, username=CREATOR, items=media, published_at=born)
        lives[post.id] = name, life
    return Drawn(world, lives)


def _shared_out(life: Life, random: Random) -> list[Lived]:
    """Let each reaction fall to one of the post's media."""
    shares: list[list[float]] = [[] for _ in range(random.randint(1, MOST_MEDIA))]
    for event in life.events:
        random.choice(shares).append(event)
    return [Lived(share) for share in shares]


def study(effort: Effort) -> list[Finding]:
    return [finding for expedition in FULL[: effort.expeditions] for finding in _alone(expedition)]


def _alone(expedition: Expedition) -> list[Finding]:
    """Collect a world into a database of its own."""
    with temporary_folder("study") as folder:
        settings = Settings(_env_file=None, database_url=None, home=folder / "home")
        return figures(expedition, asyncio.run(collected(expedition, settings)))


async def collected(expedition: Expedition, settings: Settings) -> list[Case]:
    """Collect one world to its end into an empty database, and read its posts' curves back."""
    clock = ManualClock(START)
    drawn = draw_world(expedition, clock)
    async with _opened(drawn.world, clock, settings) as runtime:
        async with runtime.store.writing() as ledger:
            await ledger.watches.add(Names.creators([CREATOR]), created_by="study", now=START)
        async with await runtime.store.claims("study") as claims:
            for _ in range(expedition.ticks):
                clock.advance(expedition.every)
                await run_tick(runtime, claims)
        curves = await _read(runtime, list(drawn.lives))
    return [Case(*drawn.lives[post], curve) for post, curve in curves.items()]


@asynccontextmanager
async def _opened(world: World, clock: ManualClock, settings: Settings) -> AsyncIterator[Runtime]:
    async with Sandbox(world) as sandbox:
        ours = settings.model_copy(update={"civitai_base_url": sandbox.url, "collect_limit": 0})
        async with Runtime(ours, clock=clock).opened(warm_up=False) as runtime:
            runtime.civitai = Civitai(ours, clock=clock, budget=FreeTurns())
            yield runtime


async def _read(runtime: Runtime, posts: Sequence[int]) -> dict[int, Curve]:
    async with runtime.store.reading() as ledger:
        briefs = await ledger.curves.briefs(Scope(posts=tuple(posts)))
        drawn = await draw(ledger, briefs, counted=CurveCounter.REACTIONS)
    return {one.brief.id: one.curve for one in drawn if isinstance(one.curve, Curve)}


def figures(expedition: Expedition, cases: Sequence[Case]) -> list[Finding]:
    cadence = expedition.cadence
    return [
        _ledger(cadence, cases),
        *(finding for hours in AGES for finding in fixed_age(cadence, cases, hours, Aim(high=5))),
        *half_lives(cadence, cases),
        _ratings(cadence, cases),
    ]


def _ledger(cadence: str, cases: Sequence[Case]) -> Finding:
    exact = [point.total == case.life.count(point.hours) for case in cases for point in case.curve.points()]
    return Finding(f"ledger, {cadence}", "totals read back that are true", percent(exact), len(exact), Aim(low=100))


def _ratings(cadence: str, cases: Sequence[Case]) -> Finding:
    """Rate each post by the others, from what was read and from what is true."""
    pairs = [(count_at(case.curve, RATED), float(case.life.count(RATED / HOUR))) for case in cases]
    read, true = zip(*(pair for pair in pairs if not isinstance(pair[0], NotObserved)), strict=True)
    ratios = [(_ratio(read, place), _ratio(true, place)) for place in range(len(read))]
    errors = [abs(one / other - 1) for one, other in ratios if one and other]
    return Finding(f"rating at 24 h, {cadence}", "median error", median_percent(errors), len(errors), Aim(high=5))


def _ratio(counts: Sequence[float], place: int) -> float | None:
    rating = rate(counts[place], [*counts[:place], *counts[place + 1 :]])
    return rating.ratio if isinstance(rating, Rating) else None
