"""Live through a creator's first week, and write it down: `python -m docs.first_week` makes docs/first-week.md.

A made-up Civitai, one clock, and the real server with a real client in one process: what is asked on each day is asked
then, of what was observed by then.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from mcp import Client

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Counts, Growth, Item, LogLogistic, Sandbox, Switches, World
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import BEGINNING, WorldClock
from civitai_engagement.server.app import build
from civitai_engagement.settings import Settings
from civitai_engagement.store.claims import this_process
from civitai_engagement.store.embedded import temporary_folder
from docs.questions import ask, shortened

PAGE = Path(__file__).with_name("first-week.md")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANA, FIRST, POSTS, NEW = "ana_paints", 31_000_000, 45, 31_000_900
BEGAN = (BEGINNING + 10 * DAY).replace(hour=9, minute=10)
TITLES = ("Harbour at dusk", "Glass foxes", "The slow tram", "Paper moons", "Low tide", "A winter greenhouse", "Kites")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is asked in this week, why, and the one call that answers it; before it comes what happened."""

    after: timedelta
    head: str
    words: str
    tool: str
    arguments: Mapping[str, Any]


WEEK = (
    Moment(
        0 * HOUR,
        "Day one, 09:10: begin",
        "`CIVITAI_ENGAGEMENT_CREATOR=ana_paints` says who *me* is. Following looks at once.",
        "watch_creator",
        {"usernames": ["@me"]},
    ),
    Moment(
        0 * HOUR,
        "The same minute: is my latest post good?",
        "Nothing was seen at equal age yet, so it is held against settled totals, and the answer says so.",
        "rate_post",
        {"post": "latest"},
    ),
    Moment(0 * HOUR, "What did I post lately?", "", "list_posts", {"creator": "@me", "period": "14d"}),
    Moment(0 * HOUR, "What is my best image ever?", "", "get_top_media", {"creator": "@me", "limit": 3}),
    Moment(
        24 * HOUR,
        "Day two: what moved overnight?",
        "The server looked every hour at what is young, every four hours at the rest.",
        "get_top_movers",
        {"creator": "@me", "window": "24h", "limit": 5},
    ),
    Moment(
        27 * HOUR,
        "Day two, noon: the first post since",
        "It came out an hour ago; the first look at it was within its first hour.",
        "get_engagement_history",
        {"post": "latest", "step": "hour"},
    ),
    Moment(
        51 * HOUR,
        "A day later: how did it do?",
        "It has a count at 24 h now; for a comparison at equal age ten of your posts must have been seen then.",
        "rate_post",
        {"post": "latest"},
    ),
    Moment(
        7 * DAY,
        "After a week: how was it?",
        "",
        "summarize_creator",
        {"period": "7d", "compare_to": "none"},
    ),
    Moment(
        7 * DAY,
        "My posts of this week, the fastest first",
        "",
        "list_posts",
        {"creator": "@me", "sort": "fastest", "limit": 6},
    ),
    Moment(7 * DAY, "Did anything unusual happen?", "", "find_unusual", {"creator": "@me", "limit": 5}),
)


def made_up(clock: ManualClock) -> World:
    """Build a creator with posts of seven weeks; during the week one comes out nearly every day."""
    world = World.empty(switches=Switches(post_endpoint=True))
    world.clock = WorldClock(clock, clock.now())
    random = Random(20260811)  # noqa: S311 # a story, no secret
    for place in range(POSTS):
        _publish(
            world,
            random,
            FIRST + place,
            BEGAN - 50 * DAY * (POSTS - place) / POSTS + 17 * HOUR * random.random(),
            place,
        )
    for place, hours in enumerate((26, 74, 100, 121, 149)):
        _publish(world, random, NEW + place, BEGAN + hours * HOUR, place)
    return world


def _publish(world: World, random: Random, post_id: int, at: datetime, place: int) -> None:
    kind = "video" if place % 5 == 2 else "image"
    level = random.lognormvariate(3.2, 0.5)
    items = [_item(random, at, kind, level) for _ in range(random.choice((1, 2, 4)))]
    world.add_post(post_id=post_id, username=ANA, items=items, title=TITLES[place % len(TITLES)], published_at=at)


def _item(random: Random, at: datetime, kind: str, level: float) -> Item:
    likes = round(level * random.lognormvariate(0, 0.3))
    totals = Counts(like=likes, heart=likes // 3, laugh=likes // 9, cry=likes // 12, comment=likes // 14)
    curve = LogLogistic(half=random.uniform(6, 16) * HOUR, steepness=random.uniform(0.8, 1.2))
    return Item(type=kind, counters=Growth(totals, curve), published_at=at, base_models=("Illustrious",))


async def week() -> str:
    """Live through it, and give the page."""
    clock = ManualClock(BEGAN)
    with temporary_folder("first-week") as folder:
        async with Sandbox(made_up(clock)) as sandbox:
            settings = Settings(_env_file=None, civitai_base_url=sandbox.url, home=folder / "home", creator=ANA)
            runtime = Runtime(settings, clock=clock)
            runtime.civitai = Civitai(settings, clock=clock, budget=FreeTurns())
            async with runtime.opened(warm_up=False), Client(build(runtime)) as client:
                told = [await _told(moment, client, runtime, clock) for moment in WEEK]
    return "\n\n".join([HEAD.rstrip(), *told]).replace(sandbox.url, "https://civitai.com") + "\n"


async def _told(moment: Moment, client: Client, runtime: Runtime, clock: ManualClock) -> str:
    await _until(BEGAN + moment.after, runtime, clock)
    answer = await ask(client, moment.tool, moment.arguments)
    given = ", ".join(f"{name}={value!r}" for name, value in moment.arguments.items())
    parts = [f"## {moment.head}", moment.words, f"`{moment.tool}({given})`", f"```text\n{shortened(answer)}\n```"]
    return "\n\n".join(part for part in parts if part)


async def _until(at: datetime, runtime: Runtime, clock: ManualClock) -> None:
    """Let the hours pass; the collection looks at each."""
    async with await runtime.store.claims(this_process()) as claims:
        while clock.now() + HOUR <= at:
            clock.advance(HOUR)
            await run_tick(runtime, claims)
    clock.advance(max(at - clock.now(), timedelta(0)))


HEAD = f"""\
# The first week

<!-- Made by `python -m docs.first_week`; do not edit. -->

A made-up Civitai with one creator, {ANA}, who has {POSTS} posts of the last seven weeks and begins to follow
herself. Everything below was asked by a real client of the real server, at that time of the week, and is what came
back; long tables are cut, and no figure was written by hand. At a terminal the same is `civitai-engagement watch
creator @me`, `rate latest`, `posts @me`, `movers @me`, `history latest`, `summary`, `unusual @me`.
"""


def main() -> None:
    PAGE.write_text(asyncio.run(week()), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
