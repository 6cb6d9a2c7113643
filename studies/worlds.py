"""Drawn posts: growth of three families, reactions that come in fits, and a collector that is late and loses ticks."""

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
Share = Callable[[float], float]
ByHour = Callable[[datetime], float]


def log_logistic(random: Random) -> Share:
    half, steepness = _spread(random, 6.5), random.uniform(1.2, 2.2)
    return lambda hours: 1 / (1 + (half / hours) ** steepness) if hours else 0.0


def weibull(random: Random) -> Share:
    scale, shape = _spread(random, 11), random.uniform(0.6, 1.0)
    return lambda hours: 1 - math.exp(-((hours / scale) ** shape))


def power_law(random: Random) -> Share:
    """Growth that never ends; its total is what it has after a week."""
    exponent = random.uniform(0.25, 0.5)
    return lambda hours: (hours / 168) ** exponent


FAMILIES = {"log-logistic": log_logistic, "Weibull": weibull, "power law": power_law}


def _spread(random: Random, middle: float) -> float:
    return middle * random.lognormvariate(0, 0.5)


def flat(_: datetime) -> float:
    return 1.0


def any_family(random: Random) -> Share:
    return random.choice(list(FAMILIES.values()))(random)


@dataclass(frozen=True, slots=True)
class Fits:
    """How much busier or quieter than expected an hour can be.

    Each hour's rate is multiplied by a gamma variate of mean 1 and this variance, so counts are negative binomial;
    0.05 is what recorded series of hourly counts show.
    """

    variance: float = 0.05

    def factor(self, random: Random) -> float:
        return random.gammavariate(1 / self.variance, self.variance)


USUAL_FITS = Fits()


@dataclass(frozen=True, slots=True)
class Burst:
    """Between two ages in hours the rate is `times` what it would have been."""

    start: float
    end: float
    times: float

    def factor(self, hours: float) -> float:
        return self.times if self.start <= hours < self.end else 1.0


NO_BURST = Burst(0, 0, 1)


@dataclass(frozen=True, slots=True)
class Life:
    """Every reaction of one post, at its age in hours: the truth that collecting only samples."""

    published_at: datetime
    events: list[float]

    def count(self, hours: float) -> int:
        return bisect_right(self.events, hours)

    def half_life(self, hours: float) -> float:
        return self.events[math.ceil(self.count(hours) / 2) - 1]


def live(
    random: Random,
    published_at: datetime,
    share: Share,
    total: float,
    *,
    until: float = 168,
    fits: Fits = USUAL_FITS,
    by_hour: ByHour = flat,
    burst: Burst = NO_BURST,
) -> Life:
    """Draw a post's reactions up to an age in hours; `total` is how many a week of flat hours would bring."""
    edges = list(_edges(until))
    rates: list[float] = []
    before, factor, hour = 0.0, 1.0, -1
    for start, end in itertools.pairwise(edges):
        if int(start) != hour:
            hour, factor = int(start), fits.factor(random)
        reached = share(end)
        clock = by_hour(published_at + (start + end) / 2 * HOUR)
        rates.append(max(reached - before, 0.0) * factor * clock * burst.factor(start))
        before = reached
    cells = random.choices(range(len(rates)), rates, k=poisson(random, total * sum(rates)))
    return Life(published_at, sorted(random.uniform(edges[cell], edges[cell + 1]) for cell in cells))


def _edges(until: float) -> Iterator[float]:
    """Cut ages finely while growth is steep: to five minutes, a quarter of an hour, an hour."""
    steps = ((1, 12), (24, 4), (math.inf, 1))
    cell = 0.0
    for limit, per_hour in steps:
        while cell < min(limit, until):
            yield cell
            cell = round(cell * per_hour + 1) / per_hour
    yield until


def poisson(random: Random, mean: float) -> int:
    if mean > 50:
        return max(round(random.gauss(mean, math.sqrt(mean))), 0)
    left, count = math.exp(-mean), -1
    product = 1.0
    while product > left:
        product *= random.random()
        count += 1
    return max(count, 0)


@dataclass(frozen=True, slots=True)
class Cadence:
    """When a collector looks: hourly to an age, then four-hourly; some minutes late, some ticks lost."""

    hourly_until: float = 24
    minutes_late: float = 6
    lost: float = 0.05

    def ages(self, random: Random, until: float) -> list[float]:
        """Give the ages at which a post is looked at; the first tick falls at any moment of the first interval."""
        ages, tick = [], random.uniform(0, 1 if self.hourly_until else 4)
        while tick < until:
            if random.random() >= self.lost:
                ages.append(tick + random.uniform(0, self.minutes_late / 60))
            tick += 1 if tick < self.hourly_until else 4
        return ages


AS_COLLECTED = Cadence()
FOUR_HOURLY = Cadence(hourly_until=0)


def observe(life: Life, ages: Iterable[float]) -> Curve:
    """Look at a post at some ages."""
    return kept(life.published_at, ((age, life.count(age)) for age in ages))


def refreshed(life: Life, ages: Iterable[float], every: float) -> Curve:
    """Look at a post whose counters are counted anew only every so many hours of the clock, for all posts at once."""
    born = (life.published_at - EPOCH) / HOUR
    return kept(life.published_at, ((age, life.count(max((born + age) // every * every - born, 0.0))) for age in ages))


def kept(published_at: datetime, looks: Iterable[tuple[float, int]]) -> Curve:
    """Keep of looks, each an age in hours and the total seen, what a collector would: the first, then changes only."""
    changes: list[CurveChange] = []
    before: datetime | None = None
    for hours, total in looks:
        at = published_at + hours * HOUR
        if not changes or total != changes[-1].total:
            changes.append(CurveChange(at, total, before))
        before = at
    return Curve(published_at, changes, before or published_at)
