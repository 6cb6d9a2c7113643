"""Ask what creators ask, and write the answers down: `python -m docs.questions` makes docs/questions.md.

A made-up Civitai is collected for five weeks in fast motion; then a real client asks a real server over stdio. Why some
media do better is asked about another world, one of many creators, in which it is known (`--why`: this part alone).
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.library.record import record_post
from civitai_engagement.library.watching import watch
from civitai_engagement.records.watches import Names
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Counts, Growth, Item, LogLogistic, Sandbox, Switches, World, WorldName
from civitai_engagement.sandbox.growth import Curve
from civitai_engagement.sandbox.planted import WorldPlan
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import BEGINNING, WorldClock
from civitai_engagement.settings import Settings
from civitai_engagement.store.claims import this_process
from civitai_engagement.store.embedded import temporary_folder

PAGE = Path(__file__).with_name("questions.md")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANA, BO = "ana_paints", "bo_renders"
FIRST_ANA, FIRST_BO = 31_000_000, 32_000_000
MOST_LINES = 24
TITLES = ("Harbour at dusk", "Glass foxes", "The slow tram", "Paper moons", "Low tide", "A winter greenhouse", "Kites")


@dataclass(frozen=True, slots=True)
class Story:
    """How long both creators are followed, and how many posts ana has, from two weeks before the first look on."""

    days: int = 35
    posts: int = 64

    @property
    def now(self) -> datetime:
        return BEGINNING + self.days * DAY

    @property
    def asked_at(self) -> datetime:
        return self.now + timedelta(minutes=10)

    @property
    def pushed(self) -> int:
        """Which of ana's posts is discovered late: a third of them are younger."""
        return 2 * self.posts // 3

    def is_asleep(self, hour: int) -> bool:
        """Whether nothing is collected then: one night, after five sevenths of the time."""
        return 2 <= hour - self.days * 24 * 5 // 7 <= 14


@dataclass(frozen=True, slots=True)
class Discovered:
    """A growth that somebody gives a push: from age `at` on, `again` times as much comes, all within a few hours."""

    curve: Curve
    at: timedelta
    again: float

    def share(self, age: timedelta) -> float:
        push = LogLogistic(half=2 * HOUR, steepness=3.0).share(age - self.at)
        return self.curve.share(age) + self.again * push


@dataclass(frozen=True, slots=True)
class Question:
    """What a creator asks, and the calls an assistant makes to answer."""

    asked: str
    calls: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays which part in the questions."""

    latest: int
    best: int
    pushed: int
    newcomer: int
    image: int
    some: tuple[int, ...]

    def questions(self) -> list[Question]:
        """List what is asked, in the order of a first conversation."""
        latest, best, pushed, newcomer = map(str, (self.latest, self.best, self.pushed, self.newcomer))
        url = f"https://civitai.com/posts/{latest}"

        def one(asked: str, tool: str, **arguments: Any) -> Question:
            return Question(asked, ((tool, arguments),))

        return [
            one("How is my latest post doing right now?", "fetch_civitai_post_assets", post_id=url, limit=5),
            one("Is that good, for me?", "rate_post", post=latest),
            one("And how did it get there?", "get_engagement_history", post=latest, step="4h"),
            one("What is moving today?", "get_top_movers", window="24h", limit=5),
            one("What is doing well for its age this week?", "get_top_movers", window="7d", by="age", limit=5),
            one(
                "Which of these did better at the same age?",
                "compare_posts",
                posts=[latest, best, pushed],
                at_age="24h",
            ),
            one("Show me these as lines.", "chart_engagement", posts=[latest, best, pushed], by="age"),
            one("Did anything unusual happen?", "find_unusual", creator=ANA, limit=5),
            one("How was my month?", "summarize_creator", username=ANA, period="30d"),
            one("And my last week against the one before?", "summarize_creator", username=ANA, period="7d"),
            one("When should I post?", "find_peak_hours", creator=ANA, time_zone="Europe/Berlin"),
            one("Which of my images does best, and do videos do better?", "get_top_media", posts=list(self._some())),
            one("I have an image's URL. What is it, and how is it doing?", "find_asset", civitai_url=self._image()),
            one("Is everything in my library all right?", "audit_library", limit=10),
            one("What changed since I last looked?", "list_changes", limit=5),
            one("How is somebody with few posts doing?", "rate_post", post=newcomer),
            one("What do I follow?", "list_watches"),
            one("Which recorded posts gained most?", "list_civitai_posts", include_details=False, limit=5),
            one("Can I trust these numbers?", "get_collection_status"),
        ]

    def _some(self) -> list[str]:
        return [str(one) for one in self.some]

    def _image(self) -> str:
        return f"https://civitai.com/images/{self.image}"


ONE_OF_MANY = "maker_023"
WHY_MARK = "<!-- From here on another world. -->"
WHY = (
    Question("What goes with more reactions?", (("find_parameter_effects", {"limit": 8}),)),
    Question("And what works for me?", (("find_parameter_effects", {"creator": ONE_OF_MANY, "limit": 6}),)),
    Question("Which base model does better?", (("compare_models", {"kind": "base"}),)),
)


def made_up(story: Story, clock: ManualClock) -> tuple[World, Cast]:
    """Build two creators: one with many posts and a usual level, one who has just begun."""
    world = World.empty(switches=Switches(post_endpoint=True))
    world.clock = WorldClock(clock, BEGINNING)
    random = Random(20260801)  # noqa: S311 # a story, no secret
    for place in range(story.posts):
        _publish(world, random, place, story)
    for place in range(4):
        published_at = story.now - (6 + 7 * place) * DAY
        items = [_item(random, published_at, level=20.0, kind="image") for _ in range(3)]
        world.add_post(post_id=FIRST_BO + place, username=BO, items=items, title="Study", published_at=published_at)
    numbers = [FIRST_ANA + place for place in range(story.posts)]
    pushed = FIRST_ANA + story.pushed
    others = [one for one in numbers[story.posts // 2 : -2] if one != pushed]
    best = max(others, key=lambda one: _total(world, one, story.now))
    image = world.items_of(best)[0].id
    return world, Cast(numbers[-1], best, pushed, FIRST_BO, image, tuple(numbers[-8:]))


def _publish(world: World, random: Random, place: int, story: Story) -> None:
    span = story.now - DAY - (BEGINNING - 14 * DAY)
    published_at = BEGINNING - 14 * DAY + span * place / (story.posts - 1) + random.random() * 9 * HOUR
    kind = "video" if place % 5 == 2 else "image"
    level = random.lognormvariate(3.4, 0.6) * (1.3 if kind == "video" else 1.0)
    items = [_item(random, published_at, level=level, kind=kind) for _ in range(random.choice((1, 2, 4, 6)))]
    if place == story.pushed:
        items = [_pushed(_item(random, published_at, level=300.0, kind="image")) for _ in range(3)]
    world.add_post(
        post_id=FIRST_ANA + place,
        username=ANA,
        items=items,
        title=TITLES[place % len(TITLES)],
        published_at=published_at,
    )


def _item(random: Random, published_at: datetime, *, level: float, kind: str) -> Item:
    likes = round(level * random.lognormvariate(0, 0.3))
    totals = Counts(like=likes, heart=likes // 3, laugh=likes // 9, cry=likes // 12, comment=likes // 14)
    curve = LogLogistic(half=random.uniform(6, 16) * HOUR, steepness=random.uniform(0.8, 1.2))
    base = "Wan Video 2.2" if kind == "video" else random.choice(("Illustrious", "Flux.1 D"))
    return Item(type=kind, counters=Growth(totals, curve), published_at=published_at, base_models=(base,))


def _pushed(item: Item) -> Item:
    assert isinstance(item.counters, Growth)  # noqa: S101 # _item makes no other
    curve = Discovered(item.counters.curve, at=2 * DAY, again=0.4)
    return replace(item, counters=replace(item.counters, curve=curve))


def _total(world: World, post: int, at: datetime) -> int:
    return sum(sum(world.truth(one.id, at=at)["counters"].values()) for one in world.items_of(post))


async def live_through(story: Story, cast: Cast, clock: ManualClock, settings: Settings) -> None:
    """Follow both creators from the first day on, and record some posts in the last days."""
    runtime = Runtime(settings, clock=clock)
    runtime.civitai = Civitai(settings, clock=clock, budget=FreeTurns())
    async with runtime.opened(warm_up=False):
        await watch(runtime, Names.creators([ANA, BO]))
        async with await runtime.store.claims(this_process()) as claims:
            for hour in range(story.days * 24 + 1):
                clock.advance(BEGINNING + hour * HOUR - clock.now())
                if not story.is_asleep(hour):
                    await run_tick(runtime, claims)
        for post in {*cast.some, cast.best, cast.pushed}:
            await record_post(runtime, post)


def server(settings: Settings, at: datetime) -> StdioServerParameters:
    environment = {
        "CIVITAI_BASE_URL": settings.civitai_base_url,
        "CIVITAI_ENGAGEMENT_HOME": str(settings.home),
        "CIVITAI_ENGAGEMENT_LOG_LEVEL": "ERROR",
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "20",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CIVITAI_", "DATABASE_URL"))}
    arguments = [str(Path(__file__).with_name("standing.py")), at.isoformat()]
    return StdioServerParameters(command=sys.executable, args=arguments, env=kept | environment)


async def ask(client: Client, tool: str, arguments: Mapping[str, Any]) -> str:
    result = await client.call_tool(tool, dict(arguments))
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    if result.is_error:
        raise RuntimeError(f"{tool}: {text}")
    return text


def told(question: Question, answers: list[str]) -> str:
    """Write one question with its calls and what came back, shortened to its first lines."""
    parts = [f"## {question.asked}"]
    for (tool, arguments), answer in zip(question.calls, answers, strict=True):
        given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        parts += [f"`{tool}({given})`", "```text\n" + shortened(answer) + "\n```"]
    return "\n\n".join(parts)


def shortened(answer: str) -> str:
    lines = answer.splitlines()
    if len(lines) <= MOST_LINES:
        return answer
    notes = [line for line in lines if line.startswith("note: ")]
    kept = [line for line in lines if line not in notes][: MOST_LINES - len(notes)]
    return "\n".join([*kept, f"… ({len(lines) - len(kept) - len(notes)} more lines)", *notes])


def head(story: Story) -> str:
    return f"""\
# What creators ask

<!-- Made by `python -m docs.questions`; do not edit. -->

A made-up Civitai, followed for {story.days} days: {ANA} has {story.posts} posts, {BO} has just begun. One night the
laptop slept, and one post was discovered by many two days late. Everything below was asked by a real client of the real
server over stdio, and is what came back (long tables are cut). No figure was written by hand.
"""


async def conversation(story: Story) -> str:
    """Live through the days, ask, and give the page."""
    clock = ManualClock(BEGINNING)
    world, cast = made_up(story, clock)
    with temporary_folder("questions") as folder:
        async with Sandbox(world) as sandbox:
            settings = Settings(_env_file=None, civitai_base_url=sandbox.url, home=folder / "home")
            await live_through(story, cast, clock, settings)
            async with Client(server(settings, story.asked_at)) as client:
                pages = [
                    told(each, [await ask(client, tool, arguments) for tool, arguments in each.calls])
                    for each in cast.questions()
                ]
    page = "\n\n".join([head(story).rstrip(), *pages]) + "\n"
    return page.replace(sandbox.url, "https://civitai.com").replace(str(folder), "~")


async def why() -> str:
    """Collect a world of many creators, ask why some media do better, and give this part of the page."""
    from studies.endtoend import SMALL, collected

    async with collected(WorldName.PLANTED, 1, SMALL) as made, made.client() as client:
        pages = [told(each, [await ask(client, tool, given) for tool, given in each.calls]) for each in WHY]
        return "\n\n".join([why_head(made.plan), *pages]) + "\n"


def why_head(plan: WorldPlan) -> str:
    planted = ", ".join(f"{name} x{ratio:g}" for name, ratio in plan.effects.items())
    return f"""\
{WHY_MARK}

Why some do better was asked of another world, of {plan.creators} creators and {plan.posts} posts. It is known what
goes with reactions: {planted}, and some phrases."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docs.questions", description=__doc__)
    parser.add_argument("--why", action="store_true", help="ask anew only why some media do better")
    before = PAGE.read_text(encoding="utf-8").partition(WHY_MARK)[0].rstrip()
    page = before if parser.parse_args().why else asyncio.run(conversation(Story())).rstrip()
    PAGE.write_text(f"{page}\n\n{asyncio.run(why())}", encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
