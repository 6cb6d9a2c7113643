"""Draw the examples of docs/charts.md: a made-up Civitai, collected for a week. `python -m docs.pictures` runs it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from civitai_engagement.answers.over_time.chart import ChartOptions, EngagementChart, charted
from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.library.record import record_post
from civitai_engagement.records.filters import Subject
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Sandbox, Switches, World
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import BEGINNING, WorldClock
from civitai_engagement.settings import Settings
from civitai_engagement.store.claims import this_process
from civitai_engagement.store.embedded import temporary_folder
from docs.browser import Hosted, chromium

IMAGES = Path(__file__).with_name("images")
HOURS = 7 * 24
SHUT = range(58, 74)  # hours in which nothing is collected, as on a laptop that sleeps
GONE = 120  # the hour in which an image is taken down
POSTS = 5


def liveliest(world: World) -> list[int]:
    """Name the posts of the first two days to come that are liveliest in the end, in order."""
    end = BEGINNING + timedelta(hours=HOURS)
    soon = [one.id for one in world.posts.values() if timedelta(0) < one.published_at - BEGINNING < timedelta(days=3)]
    return sorted(soon, key=lambda post: -total(world, post, end))[:POSTS]


def total(world: World, post: int, at: datetime) -> int:
    return sum(sum(world.truth(one.id, at=at)["counters"].values()) for one in world.items_of(post))


@asynccontextmanager
async def collected(world: World, clock: ManualClock, posts: list[int]) -> AsyncIterator[Runtime]:
    """Let a week pass: posts are recorded when they appear, then observed on the hour, but for a night and a day."""
    with temporary_folder("pictures") as folder:
        async with Sandbox(world) as sandbox:
            settings = Settings(_env_file=None, civitai_base_url=sandbox.url, home=folder / "home")
            runtime = Runtime(settings, clock=clock)
            runtime.civitai = Civitai(settings, clock=clock, budget=FreeTurns())
            async with runtime.opened(warm_up=False):
                await week(runtime, world, clock, posts)
                yield runtime


async def week(runtime: Runtime, world: World, clock: ManualClock, posts: list[int]) -> None:
    waiting = set(posts)
    async with await runtime.store.claims(this_process()) as claims:
        for hour in range(HOURS):
            clock.advance(timedelta(hours=1))
            if hour == GONE:
                world.remove(world.items_of(posts[0])[-1].id)
            if hour in SHUT:
                continue
            for post in [one for one in waiting if world.posts[one].published_at <= world.now()]:
                await record_post(runtime, post)
                waiting.discard(post)
            await run_tick(runtime, claims)


def kept(name: str, png: bytes) -> None:
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / name).write_bytes(png)
    print(f"{name}: {len(png):,} bytes")


def shown(answer: EngagementChart) -> None:
    """Photograph the interactive view, where a Chromium is installed."""
    if chromium() is None:
        print("No Chromium: the pictures of the interactive view stay as they are.")
        return
    result = {"content": [], "structuredContent": answer.model_dump(mode="json", exclude_unset=True)}
    for theme in ("light", "dark"):
        Hosted(result, theme=theme).screenshot(IMAGES / f"chart-view-{theme}.png")


async def main() -> None:
    clock = ManualClock(BEGINNING)
    world = World.grow(switches=Switches(post_endpoint=True))
    world.clock = WorldClock(clock, BEGINNING)
    posts = liveliest(world)
    async with collected(world, clock, posts) as runtime:
        first = await charted(runtime, ChartOptions((Subject(post_id=posts[0]),), "time"))
        ages = await charted(runtime, ChartOptions(tuple(Subject(post_id=one) for one in posts), "age"))
    for name, answer in (("chart-time.png", first), ("chart-age.png", ages)):
        kept(name, answer.pictures()[0])
        print(answer.as_text()[:1500])
    shown(ages)


if __name__ == "__main__":
    asyncio.run(main())
