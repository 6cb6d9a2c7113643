"""A random world and a collector that looks at it as people's machines do: asleep at night, away, hours changed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.sandbox import (
    Counts,
    Growth,
    Item,
    LogLogistic,
    PowerLaw,
    Sandbox,
    Switches,
    Weibull,
    Withdrawal,
    World,
)
from civitai_engagement.sandbox.growth import Curve
from civitai_engagement.sandbox.world import WorldClock
from civitai_engagement.store.claims import Claims
from tests.house import House

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
# The nights on which clocks change, an ordinary week, and the turn of a year.
STARTS = ("2026-03-26T09:00", "2026-10-22T09:00", "2026-05-01T12:00", "2026-12-28T06:00", "2026-03-06T15:00")
ZONES = ("Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe")
MANY = 430


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seed makes: when the world begins, how long it lasts, and how the machine that looks at it lives."""

    seed: int
    start: datetime
    zone: ZoneInfo
    days: int
    rhythm: str
    is_large: bool = False

    @classmethod
    def of(cls, seed: int, *, is_large: bool = False) -> "Plan":
        random = Random(f"plan {seed}")
        start = datetime.fromisoformat(random.choice(STARTS)).replace(tzinfo=UTC) + random.randrange(24) * HOUR
        rhythm = random.choice(["hourly", "rounds", "laptop", "holes"])
        days = {"hourly": 2, "rounds": 6, "laptop": 7, "holes": 16}[rhythm]
        plan = cls(seed, start, ZoneInfo(random.choice(ZONES)), days, rhythm)
        return cls(seed, plan.start, plan.zone, 16, "seldom", is_large=True) if is_large else plan

    def looks(self, random: Random) -> Iterator[datetime]:
        """Give the instants at which the machine is awake and its clock ticks; never exactly on the hour."""
        at, asleep_until = self.start, self.start
        while at < self.start + self.days * DAY:
            if at >= asleep_until and (self.rhythm != "laptop" or 8 <= at.astimezone(self.zone).hour < 22):
                yield at + timedelta(seconds=random.randrange(1, 3000))
            if self.rhythm == "holes" and random.random() < 0.08:
                asleep_until = at + random.uniform(0.5, 3) * DAY
            at += {"hourly": HOUR, "laptop": 3 * HOUR, "rounds": 4 * HOUR, "holes": 5 * HOUR, "seldom": 2 * DAY}[
                self.rhythm
            ]


@dataclass
class Story:
    """A world as it goes on, and what was done in it.

    >>> async with told(database_url, Plan.of(3)) as story:
    ...     await story.house.good("summarize_creator", username="Ana", period="7d")
    """

    plan: Plan
    house: House
    random: Random
    done: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.house.world

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    async def live(self) -> None:
        """Populate the world, then go from look to look; between two of them things happen."""
        self._populate()
        async with await self.house.runtime.store.claims("worlds:1") as claims:
            for place, at in enumerate(self.plan.looks(self.random)):
                if at <= self.now:
                    continue
                self.house.clock.advance(at - self.now)
                if place == 0:
                    await self._follow("Ana", claims)
                elif self.random.random() < (0.0 if self.plan.is_large else 0.35):
                    await self._happen()
                await run_tick(self.house.runtime, claims)
            self.house.advance(minutes=self.random.randrange(1, 300))

    def _populate(self) -> None:
        older = MANY if self.plan.is_large else self.random.randrange(2, 6)
        for _ in range(older):
            self._publish("Ana", self.plan.start - self.random.uniform(0, 45) * DAY)
        if self.plan.is_large:  # and a few that come out while it is looked at
            for _ in range(40):
                self._publish("Ana", self.plan.start + self.random.uniform(0, self.plan.days) * DAY)
        for _ in range(self.random.randrange(3)):
            self._publish("Bo", self.plan.start - self.random.uniform(0, 10) * DAY)

    def _publish(self, username: str, at: datetime) -> None:
        at = at.replace(microsecond=0)
        items = [self._item() for _ in range(1 if self.plan.is_large else self.random.choice([1, 1, 2, 3, 5]))]
        post = self.world.add_post(username=username, items=items, published_at=at, title="A post")
        self.done.append(f"{at:%m-%d %H:%M} post {post.id} by {username} with {len(items)}")

    def _item(self, **known: Any) -> Item:
        size = self.random.choice([3, 20, 100, 800])
        like, heart, laugh, cry = (self.random.randrange(size) for _ in range(4))
        counts = Counts(like, heart, laugh, cry, comment=self.random.randrange(size // 3 + 1))
        curves: list[Curve] = [
            LogLogistic(self.random.uniform(1, 60) * HOUR, self.random.uniform(0.8, 2)),
            Weibull(self.random.uniform(2, 90) * HOUR, self.random.uniform(0.6, 1.4)),
            PowerLaw(self.random.uniform(0.2, 0.8)),
        ]
        curve = self.random.choice(curves)
        falls = self.random.random() < 0.25
        withdrawal = Withdrawal(self.random.uniform(3, 200) * HOUR, self.random.uniform(0.1, 0.9)) if falls else None
        kind = self.random.choice(["image", "image", "video"])
        return Item(type=kind, level=1, counters=Growth(counts, curve, withdrawal), **known)

    async def _follow(self, username: str, claims: Claims) -> None:
        """Begin in one of the ways people do."""
        del claims
        await self.house.good("watch_creator", usernames=[username])
        if self.random.random() < 0.6 or self.plan.is_large:
            await self._record(username)

    async def _happen(self) -> None:
        kind = self.random.choice(["publish", "publish", "add", "vanish", "republish", "record", "record a stranger's"])
        before = [one for one in self.world.items if one.present(self.now)]
        one = self.random.choice(before)
        self.done.append(f"{self.now:%m-%d %H:%M} {kind}: image {one.id} of post {one.post_id}")
        match kind:
            case "publish":
                self._publish("Ana", self.now - self.random.uniform(0, 30) * HOUR)
            case "add":
                self.world.add_item(self._item(published_at=self.now - timedelta(minutes=7)), post_id=one.post_id)
            case "vanish":
                gone = self.random.choice(
                    [datetime.max.replace(tzinfo=UTC), self.now + self.random.uniform(4, 90) * HOUR]
                )
                self.world.remove(one.id, until=gone)
            case "republish":
                if await self._is_known(one.id):
                    self.world.republish(one.id)
            case "record":
                await self._record("Ana")
            case _:
                await self._record("Bo")

    async def _is_known(self, image_id: int) -> bool:
        return bool(await self.house.rows("select from images where id = $1", image_id))

    async def _record(self, username: str) -> None:
        posts = sorted({one.post_id for one in self.world.items if one.username == username and one.present(self.now)})
        if posts:
            some = self.random.sample(posts, min(len(posts), self.random.randrange(1, 4)))
            self.done.append(f"{self.now:%m-%d %H:%M} record {some}")
            await self.house.good("record_civitai_post", posts=[str(post) for post in some])


@asynccontextmanager
async def told(database_url: str, plan: Plan) -> AsyncIterator[Story]:
    """Let a world live to its end, then ask."""
    clock = ManualClock(plan.start)
    world = World(WorldClock(clock, plan.start), switches=Switches(post_endpoint=True))
    async with Sandbox(world) as sandbox:
        house = House(world, clock, sandbox.url, database_url)
        story = Story(plan, house, Random(f"story {plan.seed}"))
        try:
            await story.live()
            yield story
        finally:
            await house.aclose()
