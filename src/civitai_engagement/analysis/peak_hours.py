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
    named,
    together,
)
from civitai_engagement.analysis.curves import HOUR, Curve, Step
from civitai_engagement.analysis.growth import Growth, fit_growth
from civitai_engagement.analysis.unknown import NotEnough

# Over longer than a day the hours cannot be told apart, whether something came or not.
LONGEST = 24.0
# Later reactions are few, and the posts they belong to are many.
FOLLOWED = 168.0
FEWEST_DAYS = 30
_SIGMAS = 1.96


def peak_hours(curves: Sequence[Curve], zone: ZoneInfo, *, draws: int = DRAWS) -> HourPattern | NotEnough:
    """Say at which local hours reactions arrive more often than the ages of the posts explain.

    Each gain is spread over its interval as the usual growth goes there; what the usual growth expects at the post's
    own level is the exposure (indirect standardisation, Breslow & Day 1987, chapter 2). A silence counts whatever came
    in it: kept only where nothing came, a collector that sleeps at night would show quiet nights. Posts published on
    one local day are one witness. Each post weighs by the root of its total. If all posts come out at one hour, age and
    hour are the same thing and no peak is claimed for their first day.
    """
    witnesses = witnesses_of(curves, zone)
    if len(witnesses) < FEWEST_DAYS:
        return NotEnough(len(witnesses), FEWEST_DAYS, "days with posts")
    verdict = judge(witnesses, draws=draws)
    hours = [_hour(effect) for effect in mean_effects(witnesses)]
    reacted_to = sum(one.changes[-1].total > 0 for one in curves if one.changes)
    return HourPattern(hours, named(verdict, hours), verdict, reacted_to)


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
    told = [_spread(curve, step, growth, zone) for step in curve.steps() if _tells_hours(step)]
    total, usual = sum(gain for gain, _ in told), sum(part for _, parts in told for _, part in parts)
    if not total or not usual:
        return None
    weight, level = 1 / math.sqrt(total), total / usual
    excess, expected = [0.0] * HOURS, [0.0] * HOURS
    for gain, parts in told:
        whole = sum(part for _, part in parts)
        surplus = gain / whole - level if whole > 0 else 0.0
        for hour, part in parts:
            excess[hour] += weight * surplus * part
            expected[hour] += weight * level * part
    return Witness(excess, expected)


def _spread(curve: Curve, step: Step, growth: Growth, zone: ZoneInfo) -> tuple[int, list[tuple[int, float]]]:
    """Give what a step gained, and what is usual in each local hour it touches."""
    parts = []
    before = growth.at(step.start.hours)
    for hour, end in _local_hours(curve.published_at, step, zone):
        reached = growth.at(end)
        parts.append((hour, reached - before))
        before = reached
    return max(step.gain, 0), parts


def _tells_hours(step: Step) -> bool:
    return step.end.hours <= FOLLOWED and step.hours <= LONGEST


def _local_hours(published_at: datetime, step: Step, zone: ZoneInfo) -> Iterator[tuple[int, float]]:
    """Cut a step where the local clock strikes: the hour of the day, and the age up to which it lasts."""
    start = step.start.hours
    while start < step.end.hours:
        local = (published_at + start * HOUR).astimezone(zone)
        past = (local.minute + (local.second + local.microsecond / 1e6) / 60) / 60
        start = min(start + 1 - past, step.end.hours)
        yield local.hour, start
