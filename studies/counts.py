"""Counts at fixed ages and half-lives: what is read off the kept changes, against every reaction there was."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import log
from random import Random

from civitai_engagement.analysis.curves import HOUR, Curve, CurvePoint, count_at
from civitai_engagement.analysis.shape import HalfLife, half_life
from civitai_engagement.analysis.unknown import NotObserved
from studies.findings import Aim, Effort, Finding, median_percent, percent
from studies.worlds import AS_COLLECTED, EPOCH, FAMILIES, FOUR_HOURLY, Cadence, Life, live, observe

CADENCES = {"hourly first day": AS_COLLECTED, "four-hourly": FOUR_HOURLY}
POSTS_EACH = 4
FOLLOWED = 168.0
HORIZON = 72.0
FEWEST = 10
AGES = {4: Aim(), 24: Aim(high=5), 72: Aim(high=5), 150: Aim(high=5)}


@dataclass(frozen=True, slots=True)
class Case:
    """One drawn post, what happened to it, and what a collector kept."""

    family: str
    life: Life
    curve: Curve


def cases(effort: Effort, cadence: Cadence) -> Iterator[Case]:
    for seed in range(effort.worlds):
        random = Random(seed)
        for name, family in FAMILIES.items():
            for _ in range(POSTS_EACH):
                born = EPOCH + timedelta(hours=random.uniform(0, 168))
                life = live(random, born, family(random), random.lognormvariate(log(80), 1), until=FOLLOWED)
                yield Case(name, life, observe(life, cadence.ages(random, FOLLOWED)))


def study(effort: Effort) -> list[Finding]:
    return [finding for name, cadence in CADENCES.items() for finding in _findings(name, list(cases(effort, cadence)))]


def _findings(cadence: str, drawn: Sequence[Case]) -> Iterator[Finding]:
    for hours, aim in AGES.items():
        yield from fixed_age(cadence, drawn, hours, aim)
    yield from _curved(cadence, drawn)
    yield from half_lives(cadence, drawn)


def fixed_age(cadence: str, drawn: Sequence[Case], hours: int, aim: Aim) -> Iterator[Finding]:
    told = [(case, count_at(case.curve, hours * HOUR)) for case in drawn if case.life.count(hours) >= FEWEST]
    errors = [abs(count / case.life.count(hours) - 1) for case, count in told if not isinstance(count, NotObserved)]
    study_name = f"count at a fixed age, {cadence}"
    yield Finding(
        study_name, f"given at {hours} h", percent([not isinstance(one, NotObserved) for _, one in told]), len(told)
    )
    if errors:
        yield Finding(study_name, f"median error at {hours} h", median_percent(errors), len(errors), aim)


def _curved(cadence: str, drawn: Sequence[Case]) -> Iterator[Finding]:
    """Compare the straight line with the monotone cubic one, at the age where both have most to lose."""
    hours = 24.5
    large = [case for case in drawn if case.life.count(hours) >= FEWEST]
    errors = [abs(pchip(case.curve.points(), hours) / case.life.count(hours) - 1) for case in large]
    straight = [
        abs(count / case.life.count(hours) - 1)
        for case in large
        if not isinstance(count := count_at(case.curve, hours * HOUR), NotObserved)
    ]
    for line, found in (("the straight line", straight), ("a monotone cubic", errors)):
        yield Finding(
            f"interpolation, {cadence}", f"mean error of {line} at {hours} h", 100 * sum(found) / len(found), len(found)
        )


def pchip(points: Sequence[CurvePoint], hours: float) -> float:
    """Interpolate monotonely by a cubic (Fritsch & Butland 1984, as in most libraries)."""
    end = min(max(bisect_left(points, hours, key=lambda point: point.hours), 1), len(points) - 1)
    near = points[max(end - 2, 0) : end + 2]
    place = min(end, 2) - 1
    start, width = near[place], near[place + 1].hours - near[place].hours
    part = (hours - start.hours) / width
    rise = near[place + 1].total - start.total
    tangents = [_tangent(near, place), _tangent(near, place + 1)]
    hermite = rise * part**2 * (3 - 2 * part) + width * part * (1 - part) * (
        tangents[0] * (1 - part) - tangents[1] * part
    )
    return start.total + hermite


def _tangent(near: Sequence[CurvePoint], place: int) -> float:
    slopes = [(after.total - before.total) / (after.hours - before.hours) for before, after in pairwise(near)]
    if place in {0, len(near) - 1}:
        return slopes[min(place, len(slopes) - 1)]
    before, after = slopes[place - 1], slopes[place]
    widths = [near[place].hours - near[place - 1].hours, near[place + 1].hours - near[place].hours]
    weights = (2 * widths[1] + widths[0], widths[1] + 2 * widths[0])
    return 0.0 if before * after <= 0 else sum(weights) / (weights[0] / before + weights[1] / after)


def half_lives(cadence: str, drawn: Sequence[Case]) -> Iterator[Finding]:
    large = [case for case in drawn if case.life.count(HORIZON) >= FEWEST]
    told = [(case, half_life(case.curve, HORIZON * HOUR)) for case in large]
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for case, found in told:
        if isinstance(found, HalfLife):
            errors[case.family].append(abs(found.age / HOUR / case.life.half_life(HORIZON) - 1))
    name = f"half-life, {cadence}"
    yield Finding(name, "given", percent([isinstance(found, HalfLife) for _, found in told]), len(told))
    for family, ones in errors.items():
        yield Finding(name, f"median error, {family}", median_percent(ones), len(ones), Aim(high=10))
