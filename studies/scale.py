"""`python -m studies.scale` plans a round over ten million media, and writes what it costs into docs/scale.md."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from civitai_engagement.analysis.planner import plan
from civitai_engagement.analysis.requests import DuePost

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
BEGIN, END = "<!-- Made by `python -m studies.scale`; do not edit. -->", "<!-- End of the tables. -->"
MEDIA, CREATORS, NEW_A_DAY = 10_000_000, 100_000, 82_000
RATES = (1, 5, 20)  # requests a second
ROUND, LIVE_SHARE = timedelta(hours=4), 0.2
POST_SIZES = (1, 1, 2, 3, 4, 5, 8, 12, 20)  # Civitai's own limit is twenty
PAGE_SIZE = 200
DAY, MONTH, WEEK = timedelta(days=1), timedelta(days=30), timedelta(days=7)
OLD_LOOKS = 6  # of its rounds a day, one looks at an old media
# docs/performance.md: sixty snapshots, one media in twenty changing, 9.7 bytes each; a first row is written as well.
CHANGED = 0.05
ROW_BYTES = 9.7 / (CHANGED + 1 / 60)
TRACKING_BYTES = 4.8 * 60
ROUNDS_A_YEAR = 365 * DAY // ROUND
TIERS = ("young", "settling", "old")


@dataclass(frozen=True, slots=True)
class Demand:
    """What is due in one round, of whom, and how many requests would see all of it."""

    due: Sequence[DuePost]
    listed: Mapping[str, int]
    media: int

    @property
    def by_tier(self) -> Counter[str]:
        tiers = Counter[str]()
        for one in self.due:
            tiers[one.tier] += one.due
        return tiers


@dataclass(frozen=True, slots=True)
class Reached:
    """What a rate of requests reaches of it: shares by tier, requests sent, media observed, and what planning took."""

    rate: int
    shares: Mapping[str, float]
    requests: int
    observed: int
    seconds: float

    @property
    def rows_a_year(self) -> float:
        return self.observed * CHANGED * ROUNDS_A_YEAR + NEW_A_DAY * 365


def demand(media: int = MEDIA, creators: int = CREATORS, seed: int = 1) -> Demand:
    """Draw creators of few and of very many media, published evenly over as long as their number takes."""
    random = Random(seed)
    drawn = [random.lognormvariate(0, 1.4) for _ in range(creators)]
    share = media / sum(drawn)
    listed = {f"creator-{number}": max(round(one * share), 1) for number, one in enumerate(drawn)}
    return Demand(list(_due(listed, random, span=MEDIA / NEW_A_DAY * DAY)), listed, sum(listed.values()))


def _due(listed: Mapping[str, int], random: Random, span: timedelta) -> Iterator[DuePost]:
    number = 0
    for name, left in listed.items():
        while left > 0:
            size = min(left, random.choice(POST_SIZES))
            number, left = number + 1, left - size  # noqa: PLW2901 # what is left of it
            age = span * random.random()
            if age < MONTH or not random.randrange(OLD_LOOKS):
                yield DuePost(number, name, size, size, size * _worth(age), _tier(age))


def _tier(age: timedelta) -> str:
    return "young" if age < DAY else "settling" if age < MONTH else "old"


def _worth(age: timedelta) -> float:
    """Weigh as the job does (collect/jobs/existing_stats.py): media of a week are taken to have moved lately."""
    return 4.0 * (8.0 if age < DAY else 3.0 if age < WEEK else 1.0) * (2.0 if age < WEEK else 1.0)


def reached(of: Demand, rate: int) -> Reached:
    budget = int(rate * ROUND.total_seconds() * (1 - LIVE_SHARE) * len(of.listed) / CREATORS)
    started = time.process_time()
    chosen = plan(of.due, of.listed, budget=budget)
    seconds = time.process_time() - started
    whole = of.by_tier
    shares = {tier: chosen.planned.get(tier, 0) / whole[tier] for tier in TIERS if whole[tier]}
    return Reached(rate, shares, chosen.cost, sum(chosen.planned.values()), seconds)


def tables(of: Demand, found: Sequence[Reached]) -> str:
    whole, pages = of.by_tier, sum(-(-listed // PAGE_SIZE) for listed in of.listed.values())
    facts = (
        f"{of.media:,} media of {len(of.listed):,} creators, {NEW_A_DAY:,} new ones a day. Due in a round of four"
        f" hours: {'; '.join(f'{tier} {whole[tier]:,}' for tier in TIERS)}. Walking through every creator once takes"
        f" {pages:,} requests."
    )
    return "\n\n".join((facts, _coverage(found), _growth(found)))


def _coverage(found: Sequence[Reached]) -> str:
    lines = [
        f"| {one.rate} | {' | '.join(f'{one.shares.get(tier, 0):.1%}' for tier in TIERS)} | {one.requests:,} |"
        f" {one.observed:,} | {one.seconds:.0f} s |"
        for one in found
    ]
    head = "| requests a second | young | settling | old | requests of a round | media observed | planning |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- | --- |", *lines])


def _growth(found: Sequence[Reached]) -> str:
    lines = [
        f"| {one.rate} | {one.observed / ROUND.total_seconds():,.0f} | {one.rows_a_year / 1e6:,.0f} million |"
        f" {one.rows_a_year * ROW_BYTES / 1e9:,.0f} GB | {one.rows_a_year / 12 / 1e6:,.0f} million |"
        for one in found
    ]
    head = (
        "| requests a second | media observed a second | rows a year | history a year | rows in a month's partition |"
    )
    tracking = f"The tracking, one row a media, takes {MEDIA * TRACKING_BYTES / 1e9:.1f} GB more, once."
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *lines, "", tracking])


def main() -> None:
    of = demand()
    found = []
    for rate in RATES:
        found.append(reached(of, rate))
        print(found[-1], file=sys.stderr)
    told = tables(of, found)
    print(told)
    page = PAGE.read_text()
    marks = f"({re.escape(BEGIN)}).*({re.escape(END)})"
    PAGE.write_text(re.sub(marks, lambda kept: f"{kept[1]}\n\n{told}\n\n{kept[2]}", page, flags=re.DOTALL))


if __name__ == "__main__":
    main()
