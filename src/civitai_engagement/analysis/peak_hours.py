"""When reactions arrive: the hours of the day that bring more than the ages of the posts explain."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from civitai_engagement.analysis.chance import (
    DRAWS,
    HOURS,
    HourEffect,
    HourOfDay,
    HourPattern,
    Witness,
    judge,
    mean_effects,
    together,
)
from civitai_engagement.analysis.curves import HOUR, Curve, Step
from civitai_engagement.analysis.growth import Growth, fit_growth
from civitai_engagement.analysis.unknown import NotEnough

# A gain spread over longer tells nothing of the hour.
LONGEST = 6.0
# Later reactions are few, and the posts they belong to are many.
FOLLOWED = 168.0
FEWEST_DAYS = 30
_SIGMAS = 1.96
_MICROSECONDS = 3_600_000_000  # an hour has


def peak_hours(curves: Sequence[Curve], zone: ZoneInfo, *, draws: int = DRAWS) -> HourPattern | NotEnough:
    """Say at which local hours reactions arrive more often than the ages of the posts explain.

    Each gain is spread over its interval as the usual growth goes there; what the usual growth expects at the post's
    own level is the exposure (indirect standardisation, Breslow & Day 1987, chapter 2). Posts published on one local
    day are one witness. Each post weighs by the root of its total. If all posts come out at one hour, age and hour
    are the same thing and no peak is claimed for their first day.
    """
    witnesses = witnesses_of(curves, zone)
    if len(witnesses) < FEWEST_DAYS:
        return NotEnough(len(witnesses), FEWEST_DAYS, "days with posts")
    verdict = judge(witnesses, draws=draws)
    hours = [_hour(effect) for effect in mean_effects(witnesses)]
    return HourPattern(hours, verdict.strongest if verdict.stands else None, verdict, len(curves))


def _hour(effect: HourEffect) -> HourOfDay:
    ratio = 1 + effect.mean
    if not effect.expected or ratio <= 0:
        return HourOfDay(effect.hour)
    factor = math.exp(_SIGMAS * effect.error / ratio)
    return HourOfDay(effect.hour, ratio, ratio / factor, ratio * factor)


def witnesses_of(curves: Sequence[Curve], zone: ZoneInfo) -> list[Witness]:
    """Tell, for each day of publication, what came at each local hour beyond what was expected there; smoothed."""
    growth = fit_growth(curves)
    days: defaultdict[date, list[Witness]] = defaultdict(list)
    for curve in curves:
        if witness := _witness(curve, growth, zone):
            days[curve.published_at.astimezone(zone).date()].append(witness)
    return [together(witnesses).smoothed() for witnesses in days.values()]


def _witness(curve: Curve, growth: Growth, zone: ZoneInfo) -> Witness | None:
    steps = [step for step in curve.steps() if _tells_hours(step)]
    usual = [growth.between(step.start.hours, step.end.hours) for step in steps]
    total = sum(max(step.gain, 0) for step in steps)
    if not total or not sum(usual):
        return None
    weight, level = 1 / math.sqrt(total), total / sum(usual)
    excess, expected = [0.0] * HOURS, [0.0] * HOURS
    for step, whole in zip(steps, usual, strict=True):
        surplus = max(step.gain, 0) / whole - level if whole > 0 else 0.0
        for hour, usually in _by_hour(curve.published_at, step, growth, zone):
            excess[hour] += weight * surplus * usually
            expected[hour] += weight * level * usually
    return Witness(excess, expected)


def _tells_hours(step: Step) -> bool:
    return step.end.hours <= FOLLOWED and (not step.gain or step.hours <= LONGEST)


def _by_hour(published_at: datetime, step: Step, growth: Growth, zone: ZoneInfo) -> Iterator[tuple[int, float]]:
    """Cut a step where the local clock strikes: each hour of the day, and what is usually gained in its part."""
    start, reached = step.start.hours, growth.at(step.start.hours)
    while start < step.end.hours:
        local = (published_at + start * HOUR).astimezone(zone)
        gone = local.minute * 60_000_000 + local.second * 1_000_000 + local.microsecond
        start = min(start + 1 - gone / _MICROSECONDS, step.end.hours)
        before, reached = reached, growth.at(start)
        yield local.hour, reached - before
