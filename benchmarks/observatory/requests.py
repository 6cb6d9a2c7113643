"""How many requests cover what is due, against the fewest there could be: as planned, and as a sandbox counts them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from math import ceil
from random import Random

import httpx

from benchmarks.observatory.figures import Figure
from benchmarks.observatory.stage import Stage, staged
from civitai_engagement.analysis.planner import plan
from civitai_engagement.analysis.requests import DuePost
from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.records.watches import Names
from civitai_engagement.sandbox import Sandbox, Switches, World, gallery
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import WorldClock
from civitai_engagement.store.claims import Claims

PAGE, IDS = 200, 100
PLENTY = 10**9
SPARSE = 0.02
AIM, IDS_AIM = 1.15, 1.05
WATCHED = {"ana": 450, "ben": 210, "cleo": 90, "dora": 31, "emil": 4}  # media of those watched in the sandbox
POST = 20
HOUR = timedelta(hours=1)  # all media are young, and due then; no round of four hours, in which new ones are looked for
Creators = Mapping[str, Sequence[DuePost]]


def creators(count: int, seed: int = 3) -> Creators:
    """Make creators from one post to some thousand, of one to twenty media each, all due."""
    random, made, post_id = Random(seed), dict[str, list[DuePost]](), 0
    for number in range(count):
        made[f"creator{number}"] = posts = []
        for _ in range(min(int(random.paretovariate(0.7)), 4000)):
            post_id, size = post_id + 1, random.randrange(1, 21)
            posts.append(DuePost(post_id, f"creator{number}", size, size, float(size), "old"))
    return made


def listed(made: Creators) -> dict[str, int]:
    return {name: sum(one.size for one in posts) for name, posts in made.items()}


def sparse(made: Creators, seed: int = 4) -> Creators:
    """Let one post in fifty be due."""
    random = Random(seed)
    return {name: [one for one in posts if random.random() < SPARSE] for name, posts in made.items()}


def fewest(made: Creators, counts: Mapping[str, int]) -> int:
    """Walk a creator or ask for each of the posts, whichever is cheaper."""
    return sum(min(ceil(counts[name] / PAGE), len(posts)) for name, posts in made.items())


def cost(made: Creators, counts: Mapping[str, int], *, ids_supported: bool = False) -> int:
    due = [one for posts in made.values() for one in posts]
    return plan(due, counts, budget=PLENTY, ids_supported=ids_supported).cost


def planned(count: int) -> Iterator[Figure]:
    """Plan for everything due, for little due, and for both where ids are looked up a hundred a call."""
    made = creators(count)
    counts, few = listed(made), sparse(made)
    walks = sum(ceil(media / PAGE) for media in counts.values())
    due = sum(one.due for posts in few.values() for one in posts)
    yield _figure("requests, everything due, against walks of 200 a page", cost(made, counts), walks, AIM)
    yield _figure("requests, one post in fifty due, against the cheaper way", cost(few, counts), fewest(few, counts), 1)
    by_ids = cost(few, counts, ids_supported=True)
    yield _figure("the same, a hundred ids a call", by_ids, ceil(due / IDS), IDS_AIM)
    all_ids = cost(made, counts, ids_supported=True)
    yield _figure("everything due, a hundred ids a call", all_ids, ceil(sum(counts.values()) / IDS), IDS_AIM)


def _figure(name: str, value: int, bound: int, aim: float) -> Figure:
    return Figure(name, value / bound, "x", aim, detail=f"{value:,} against {bound:,}")


async def counted() -> Figure:
    """Follow a few creators of a sandbox, and count what one tick asks of it with everything due."""
    async with staged(collect_limit=0) as stage, Sandbox(_world(stage.clock)) as sandbox:
        settings = stage.runtime.settings.model_copy(update={"civitai_base_url": sandbox.url})
        stage.runtime.civitai = Civitai(settings, clock=stage.clock, budget=FreeTurns())
        async with httpx.AsyncClient(base_url=sandbox.url) as door, await stage.store.claims("benchmark") as claims:
            await _watch(stage)
            await run_tick(stage.runtime, claims)
            asked = await _asked_in_next_tick(stage, claims, door)
    walks = sum(ceil(media / PAGE) for media in WATCHED.values())
    return _figure("requests of a tick on the sandbox, everything due", asked, walks, AIM)


def _world(clock: ManualClock) -> World:
    world = World(WorldClock(clock, clock.now()), switches=Switches(post_endpoint=True))
    for username, media in WATCHED.items():
        for first in range(0, media, POST):
            world.add_post(username=username, items=gallery(min(POST, media - first)))
    for item in world.items:
        world.set_stats(item.id, like=item.id % 9, heart=1, comment=2)
    return world


async def _watch(stage: Stage) -> None:
    async with stage.store.writing() as ledger:
        await ledger.watches.add(Names.creators(list(WATCHED)), created_by="me", now=stage.clock.now())


async def _asked_in_next_tick(stage: Stage, claims: Claims, door: httpx.AsyncClient) -> int:
    await door.delete("/__sandbox/requests")
    stage.clock.advance(HOUR)
    await run_tick(stage.runtime, claims)
    return int((await door.get("/__sandbox/requests")).json()["count"])
