"""When reactions arrive: the hours of the day that bring more than the ages of the posts explain."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from civitai_engagement.analysis.chance import (
    DRAWS,
    HOURS,
    DayEvidence,
    HourEffect,
    HourOfDay,
    HourPattern,
    judge,
    mean_effects,
    named,
)
from civitai_engagement.analysis.curves import HOUR, Curve, CurveStep
from civitai_engagement.analysis.growth import fit_growth
from civitai_engagement.analysis.smoothed import SmoothGrowth
from civitai_engagement.analysis.unknown import NotEnough

# Over longer than a day the hours cannot be told apart, whether something came or not.
LONGEST = 24.0
# Later reactions are few, and the posts they belong to are many.
FOLLOWED = 168.0
FEWEST_DAYS = 30
# What arrives in one block of days is one witness: a week, or less where that would leave too few witnesses.
BLOCK_DAYS, FEWEST_BLOCKS = 7, 12
# Ages told apart from hours of the day, in hours: a pattern that the ages explain as well is none.
AGES = (0.0, 0.5, *range(1, 49), 54, 60, 72, 84, 96, 120, 144, 168)
# An hour that the ages explain but for less than such a share has no figure: it cannot be told from an age.
OWN = 0.15
_SIGMAS = 1.96
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def peak_hours(curves: Sequence[Curve], *, draws: int = DRAWS) -> HourPattern | NotEnough:
    """Say at which hours of UTC reactions arrive more often than the ages of the posts explain.

    Each gain is spread over its interval as the usual growth goes there; what the usual growth expects at the post's
    own level is the exposure (indirect standardisation, Breslow & Day 1987, chapter 2). What the hours have in common
    with the ages is taken out (the efficient score, Cox & Hinkley 1974, chapter 9): where all posts come out in the
    evening, an age and an hour are almost the same thing, and then only what they do not share counts. A silence counts
    whatever came in it. All that arrives in one week is one witness, since one shout-out lifts all posts of some days
    at once. Each post weighs by the root of its total.
    """
    days = {curve.published_at.astimezone(UTC).date() for curve in curves if _tells_anything(curve)}
    if len(days) < FEWEST_DAYS:
        return NotEnough(len(days), FEWEST_DAYS, "days with posts")
    witnesses = witnesses_of(curves)
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


@dataclass(slots=True)
class _Block:
    """What came in one block of days beyond what was expected, by hour and by age; and what was expected by both."""

    by_hour: list[float] = field(default_factory=lambda: [0.0] * HOURS)
    by_age: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    expected: defaultdict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))

    def add(self, hour: int, age: int, excess: float, expected: float) -> None:
        self.by_hour[hour] += excess
        self.by_age[age] += excess
        self.expected[hour, age] += expected


def witnesses_of(curves: Sequence[Curve]) -> list[DayEvidence]:
    """Tell, for each block of days, what came at each hour beyond what was expected at the ages then; smoothed."""
    growth = SmoothGrowth.of(fit_growth(curves))
    days = _days_a_block(curves)
    blocks: defaultdict[int, _Block] = defaultdict(_Block)
    for curve in curves:
        _count(curve, growth, days, blocks)
    return _beyond_age(list(blocks.values()))


def _days_a_block(curves: Sequence[Curve]) -> float:
    born = [curve.published_at for curve in curves]
    spanned = (max(born) - min(born)) / timedelta(days=1) if born else 0.0
    return min(max(spanned / FEWEST_BLOCKS, 1.0), BLOCK_DAYS)


def _beyond_age(blocks: Sequence[_Block]) -> list[DayEvidence]:
    """Take out of each hour what the ages in it explain: the share of each age that falls into the hour."""
    both: defaultdict[tuple[int, int], float] = defaultdict(float)
    at_age: defaultdict[int, float] = defaultdict(float)
    for block in blocks:
        for (hour, age), expected in block.expected.items():
            both[hour, age] += expected
            at_age[age] += expected
    known = {age: whole for age, whole in at_age.items() if whole > 0}
    shares = [{age: both[hour, age] / whole for age, whole in known.items()} for hour in range(HOURS)]
    told = [hour for hour in range(HOURS) if _own(hour, both, shares[hour]) >= OWN]
    return [_witness(block, shares, told).smoothed() for block in blocks]


def _own(hour: int, both: Mapping[tuple[int, int], float], share: Mapping[int, float]) -> float:
    """Give the share of what is expected in an hour that its ages do not explain."""
    whole = sum(both[hour, age] for age in share)
    return sum(both[hour, age] * (1 - share[age]) for age in share) / whole if whole > 0 else 0.0


def _witness(block: _Block, shares: Sequence[Mapping[int, float]], told: Sequence[int]) -> DayEvidence:
    excess, expected = [0.0] * HOURS, [0.0] * HOURS
    for hour in told:
        explained = sum(share * block.by_age[age] for age, share in shares[hour].items() if age in block.by_age)
        excess[hour] = block.by_hour[hour] - explained
    for (hour, age), one in block.expected.items():
        if hour in told and one > 0:
            expected[hour] += one * (1 - shares[hour][age])
    return DayEvidence(excess, expected)


def _count(curve: Curve, growth: SmoothGrowth, days: float, blocks: defaultdict[int, _Block]) -> None:
    told = [
        (max(step.gain, 0), list(_parts(curve.published_at, step, growth))) for step in curve.steps() if _tells(step)
    ]
    total, usual = sum(gain for gain, _ in told), sum(part.usual for _, parts in told for part in parts)
    if not total or not usual:
        return
    weight, level = 1 / math.sqrt(total), total / usual
    for gain, parts in told:
        whole = sum(part.usual for part in parts)
        surplus = gain / whole - level if whole > 0 else 0.0
        for part in parts:
            block = blocks[int(part.clock // (24 * days))]
            block.add(part.clock % HOURS, part.age, weight * surplus * part.usual, weight * level * part.usual)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is usual of a step in one hour of UTC, counted since 1970, and in which space between ages it begins."""

    clock: int
    age: int
    usual: float


def _parts(published_at: datetime, step: CurveStep, growth: SmoothGrowth) -> Iterator[_Part]:
    """Cut a step where the clock strikes."""
    born = (published_at - _EPOCH) / HOUR
    start, before = step.start.hours, growth.at(step.start.hours)
    while start < step.end.hours:
        clock = math.floor(born + start + 1e-9)
        end = min(clock + 1 - born, step.end.hours)
        reached = growth.at(end)
        yield _Part(clock, bisect_right(AGES, (start + end) / 2), max(reached - before, 0.0))
        start, before = end, reached


def _tells(step: CurveStep) -> bool:
    return step.end.hours <= FOLLOWED and step.hours <= LONGEST


def _tells_anything(curve: Curve) -> bool:
    return any(step.gain > 0 and _tells(step) for step in curve.steps())
