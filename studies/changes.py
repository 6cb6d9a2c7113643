"""How often the interval of a change between two periods holds none, where a creator only goes on as before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import log
from random import Random
from statistics import median

from civitai_engagement.analysis.curves import HOUR
from civitai_engagement.analysis.percent_interval import PercentInterval, percent_interval
from civitai_engagement.records.periods import PeriodGain, PostPeriods
from studies.findings import Aim, Effort, Finding, share
from studies.ratings import Draw, heavy, quiet, usual
from studies.worlds import EPOCH, any_family, poisson

# A post gains for so many days: with the growth that never ends a creator would never go on as before.
LASTS = 30
TIMES = 2
DAY = timedelta(days=1)
HELD = Aim(low=92, high=97)
Dates = Callable[[Random, float, float], list[float]]


def at_random(random: Random, until: float, per_day: float) -> list[float]:
    """Publish at any moment, as much in one as in another."""
    return [random.uniform(0, until) for _ in range(poisson(random, until * per_day))]


def together(random: Random, until: float, per_day: float) -> list[float]:
    """Publish about four posts within two hours and a half, at any moment."""
    starts = at_random(random, until, per_day / 4)
    return [start + random.uniform(0, 0.1) for start in starts for _ in range(1 + poisson(random, 3))]


def regular(random: Random, until: float, per_day: float) -> list[float]:
    """Publish as a clock strikes, up to an hour late."""
    return [place / per_day + random.uniform(0, 1 / 24) for place in range(round(until * per_day))]


@dataclass(frozen=True, slots=True)
class Creator:
    """How a creator goes on: what posts get, and when they come out; `lift` is what the later period's get more."""

    draw: Draw = usual
    dates: Dates = at_random
    lift: float = 1.0
    days_lift: bool = False


CREATORS = {
    "usual posts": (Creator(), HELD),
    "heavy tail": (Creator(heavy), HELD),
    "quiet posts (about 4 reactions)": (Creator(quiet), HELD),
    "four posts at a time": (Creator(dates=together), HELD),
    "posts as a clock strikes": (Creator(dates=regular), Aim()),
    "posts of a day lifted at once": (Creator(days_lift=True), Aim()),
}
# Days of a period, and posts a day.
SPANS = ((7, 1.2), (7, 3.0), (30, 0.4), (30, 1.0), (90, 0.4))


def study(effort: Effort) -> list[Finding]:
    return [*_none(effort), *_doubled(effort)]


def _none(effort: Effort) -> Iterator[Finding]:
    """Hold the interval against a change of nothing."""
    for name, (creator, aim) in CREATORS.items():
        by_span = {span: _told(creator, span, effort) for span in SPANS}
        told = [one for ones in by_span.values() for one in ones]
        yield share("change of a period", f"holds none, {name}", [holds(one) for one in told], aim)
        worst = min(SPANS, key=lambda span: sum(map(holds, by_span[span])) / len(by_span[span]))
        figure = f"the least of {len(SPANS)} spans ({worst[0]} days, {worst[1]:g} a day), {name}"
        yield share("change of a period", figure, [holds(one) for one in by_span[worst]])
        wide = median(log((high + 101) / (low + 101)) for low, high in told)
        yield Finding(
            "change of a period", f"median width (log of high over low), {name}", wide, len(told), Aim(unit="")
        )
        asked = len(SPANS) * _worlds(effort)
        yield Finding("change of a period", f"not told, {name}", 100 * (1 - len(told) / asked), asked)


def _doubled(effort: Effort) -> Iterator[Finding]:
    for span in ((7, 3.0), (30, 1.0), (90, 1.0)):
        told = _told(Creator(lift=2), span, effort)
        figure = f"posts that get twice as much are seen to, {span[0]} days, {span[1]:g} a day"
        yield share("change of a period", figure, [low > 0 for low, _ in told])


def holds(interval: tuple[float, float]) -> bool:
    return interval[0] <= 0 <= interval[1]


def _worlds(effort: Effort) -> int:
    return effort.worlds * TIMES


def _told(creator: Creator, span: tuple[int, float], effort: Effort) -> list[tuple[float, float]]:
    found = (interval(creator, span, seed) for seed in range(_worlds(effort)))
    return [(one.low, one.high) for one in found if one.low is not None and one.high is not None]


def interval(creator: Creator, span: tuple[int, float], seed: int) -> PercentInterval:
    """Draw a creator's posts over both periods and as long before them as posts gain, and ask for the interval."""
    days, per_day = span
    random = Random(f"{seed} {days} {per_day}")
    end = LASTS + 2 * days
    lifts = [random.lognormvariate(-0.32, 0.8) if creator.days_lift else 1.0 for _ in range(end + 1)]
    dates = [at for at in creator.dates(random, end, per_day) if at < end]
    return percent_interval([_post(creator, random, (at, end, days), lifts[int(at)]) for at in dates])


def _post(creator: Creator, random: Random, when: tuple[float, int, int], lift: float) -> PostPeriods:
    at, end, days = when
    grown = any_family(random)
    total = creator.draw(random) * lift * (creator.lift if at >= end - days else 1.0)

    def gain(start: int, stop: int) -> PeriodGain:
        ages = (min(max(one - at, 0), LASTS) * DAY / HOUR for one in (start, stop))
        before, after = map(grown, ages)
        return PeriodGain(poisson(random, total * (after - before)), is_whole=True)

    born = EPOCH + at * DAY
    return PostPeriods(0, born, born, (gain(end - days, end), gain(end - 2 * days, end - days)))
