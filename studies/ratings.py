"""Whether the interval of a rating holds the truth as often as it says."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from random import Random
from statistics import fmean

from civitai_engagement.analysis.baseline import Baseline, baseline
from civitai_engagement.analysis.level import Level, OtherPost, level_at
from studies.findings import Aim, Effort, Finding, share
from studies.worlds import poisson

SIZES = (10, 11, 20, 34, 100)
CREATORS_EACH = 4
Draw = Callable[[Random], float]


def usual(random: Random) -> float:
    """Reactions at 24 h: levels scatter by a factor of e about 40."""
    return poisson(random, random.lognormvariate(log(40), 1))


def quiet(random: Random) -> float:
    """As `usual`, about 4: many posts have the same few."""
    return poisson(random, random.lognormvariate(log(4), 1))


def heavy(random: Random) -> float:
    """A Pareto tail: now and then one runs away."""
    return round(15 * random.paretovariate(1))


DRAWS: dict[str, tuple[Draw, Aim]] = {
    "usual posts": (usual, Aim(low=92, high=97)),
    "heavy tail": (heavy, Aim(low=92, high=97)),
    "quiet posts (about 4 reactions)": (quiet, Aim(low=92, high=97)),
}


@dataclass(frozen=True, slots=True)
class Course:
    """How the level of a creator's posts went, as a share of today's, for the n-th of so many."""

    n: int
    at: Callable[[int, int], float]


def _doubling(place: int, n: int) -> float:
    return 2 ** ((place + 1) / n - 1)


COURSES = {
    "steady over 40 posts": Course(40, lambda _place, _n: 1.0),
    "doubled over 40 posts": Course(40, _doubling),
    "steady over 100 posts": Course(100, lambda _place, _n: 1.0),
    "doubled over 100 posts": Course(100, _doubling),
    "x2 every 40 of 100 posts": Course(100, lambda place, n: 2 ** ((place + 1 - n) / 40)),
    "doubled at one of 40 posts": Course(40, lambda place, n: 0.5 if place < n / 2 else 1.0),
}
HELD = Aim(low=90, high=97)
# Beyond the aims: a level that doubled of late, after a long steady time, is mostly not seen to have.
TOLD = {
    "doubled over the last 40 of 100 posts": Course(100, lambda place, n: 2 ** max((place + 1 - n) / 40, -1.0)),
    "doubled 20 posts ago, of 100": Course(100, lambda place, n: 0.5 if place < n - 20 else 1.0),
}
WIDTH_STEADY, WIDTH_MOVING = Aim(high=1.4, unit=""), Aim(high=1.6, unit="")


def study(effort: Effort) -> list[Finding]:
    return [*steady(effort), *courses(effort, tuple(COURSES | TOLD))]


def steady(effort: Effort) -> Iterator[Finding]:
    """Hold the interval against the truth for posts of several kinds, at a steady level."""
    for name, (draw, aim) in DRAWS.items():
        typical = _median(draw)
        by_size = {n: [_case(draw, typical, Course(n, lambda *_: 1.0), seed) for seed in _seeds(effort)] for n in SIZES}
        whole = [case.holds for ones in by_size.values() for case in ones]
        yield share("interval of a rating", f"holds the truth, {name}", whole, aim)
        worst = min(SIZES, key=lambda n: sum(case.holds for case in by_size[n]))
        figure = f"the least of {', '.join(map(str, SIZES))} posts ({worst}), {name}"
        yield share("interval of a rating", figure, [case.holds for case in by_size[worst]])


def courses(effort: Effort, names: Sequence[str]) -> Iterator[Finding]:
    """Hold it against today's truth while the level went these ways."""
    typical = _median(usual)
    for name in names:
        course = (COURSES | TOLD)[name]
        cases = [_case(usual, typical, course, seed) for seed in _seeds(effort)]
        aim = Aim() if name in TOLD else HELD
        yield share("rating, a level that", f"{name}: holds today's truth", [case.holds for case in cases], aim)
        yield share("rating, a level that", f"{name}: the plain median's would hold it", [case.plain for case in cases])
        wider = fmean([case.width for case in cases]) / fmean([case.plain_width for case in cases])
        width = Aim(unit="") if name in TOLD else WIDTH_STEADY if name.startswith("steady") else WIDTH_MOVING
        yield Finding("rating, a level that", f"{name}: times as wide as the plain median's", wider, len(cases), width)


def _seeds(effort: Effort) -> range:
    return range(effort.worlds * CREATORS_EACH)


@dataclass(frozen=True, slots=True)
class _Case:
    """Whether the interval, and that of the plain median of all, holds the truth; and how wide both are (log)."""

    holds: bool
    plain: bool
    width: float
    plain_width: float


def _case(draw: Draw, typical: float, course: Course, seed: int) -> _Case:
    random = Random(f"{seed} {course.n}")
    values = [round(draw(random) * course.at(place, course.n)) for place in range(course.n)]
    level = level_at([OtherPost(place - course.n, value) for place, value in enumerate(values)])
    plain = baseline(values)
    assert isinstance(level, Level)
    assert isinstance(plain, Baseline)
    return _Case(
        level.low <= typical <= level.high,
        plain.low <= typical <= plain.high,
        log((level.high + 0.5) / (level.low + 0.5)),
        log((plain.high + 0.5) / (plain.low + 0.5)),
    )


def _median(draw: Draw) -> float:
    random = Random(-1)
    return sorted(draw(random) for _ in range(40_001))[20_000]
