"""Whether a pattern over the hours of the day is more than chance, and whether it would show again."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from random import Random
from statistics import fmean

HOURS = 24
SPLITS = 20
DRAWS = 499
# The strongest hour must beat 95 % of patternless worlds, and show again in another half of the data.
CHANCE = 0.05
RELIABLE = 0.4
# Less than a twentieth more is not worth a name, however sure it is.
NOTABLE = 1.05
Profile = Sequence[float]


@dataclass(frozen=True, slots=True)
class DayEvidence:
    """What one independent piece of evidence says of each hour of the day: how much more came than expected.

    `expected` is what would have come without any pattern, in the unit of `excess`. Both have 24 entries.
    """

    excess: Profile
    expected: Profile

    def smoothed(self) -> "DayEvidence":
        """Weigh each hour with its neighbours, 1 : 2 : 1 around the clock."""
        return DayEvidence(_smooth(self.excess), _smooth(self.expected))


@dataclass(frozen=True, slots=True)
class HourEffect:
    """The mean excess of one hour of the day, as a share of what was expected, with its standard error.

    >>> mean_effects(witnesses)[20]
    HourEffect(hour=20, mean=0.41, error=0.06, expected=812.0)
    """

    hour: int
    mean: float
    error: float
    expected: float


@dataclass(frozen=True, slots=True)
class ChanceVerdict:
    """Whether an hour beats chance: `chances` is, for each hour, the share of patternless worlds with one as strong.

    `strongest` is the hour that has most, of those that beat chance; where none does, the one nearest to it.
    `reliability` is the correlation between two independent halves of the data, stepped up to the whole: near 1 the
    pattern would show again, at 0 it would not. None where it cannot be computed.
    """

    strongest: int
    chances: Profile
    reliability: float | None

    @property
    def chance(self) -> float:
        return self.chances[self.strongest]

    @property
    def stands(self) -> bool:
        return self.chance <= CHANCE and self.reliability is not None and self.reliability >= RELIABLE


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """One hour of UTC, weighed 2 : 1 with its neighbours: `ratio` to the expected, with its 95 % interval.

    All three are None where there is too little to tell.
    """

    hour: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class HourPattern:
    """The 24 hours of the day, and the one that stands out; `best` is None where the data cannot tell it from chance.

    >>> found = peak_hours(curves)
    >>> found.best, found.verdict.chance, found.verdict.reliability
    (20, 0.002, 0.94)
    """

    hours: list[HourOfDay]
    best: int | None
    verdict: ChanceVerdict
    n: int


def named(verdict: ChanceVerdict, hours: Sequence[HourOfDay]) -> int | None:
    """Name the hour with most where it stands, has a figure, and that figure is worth it."""
    ratio = hours[verdict.strongest].ratio
    return verdict.strongest if verdict.stands and ratio is not None and ratio >= NOTABLE else None


def together(witnesses: Sequence[DayEvidence]) -> DayEvidence:
    """Add up what is not independent of each other."""
    return DayEvidence(*([sum(column) for column in columns] for columns in _columns(witnesses)))


def _columns(witnesses: Sequence[DayEvidence]) -> list[list[tuple[float, ...]]]:
    profiles = ([one.excess for one in witnesses], [one.expected for one in witnesses])
    return [list(zip(*each, strict=True)) for each in profiles]


def mean_effects(witnesses: Sequence[DayEvidence]) -> list[HourEffect]:
    """Give each hour's mean excess; errors are those of a ratio with independent witnesses.

    The error is the sandwich estimate of Huber (1967), with one term a witness (Liang & Zeger 1986).
    """
    return [_effect(hour, witnesses) for hour in range(HOURS)]


def _effect(hour: int, witnesses: Sequence[DayEvidence]) -> HourEffect:
    expected = sum(witness.expected[hour] for witness in witnesses)
    if expected <= 0:
        return HourEffect(hour, 0.0, 0.0, 0.0)
    mean = sum(witness.excess[hour] for witness in witnesses) / expected
    square = sum((witness.excess[hour] - mean * witness.expected[hour]) ** 2 for witness in witnesses)
    return HourEffect(hour, mean, math.sqrt(square) / expected, expected)


def judge(witnesses: Sequence[DayEvidence], *, draws: int = DRAWS) -> ChanceVerdict:
    """Compare each hour with the strongest of `draws` patternless worlds.

    In a world without a pattern an excess is as likely to be a lack: the whole of each witness gets a random sign
    (Fisher's randomisation test, with clustered signs as in Cameron, Gelbach & Miller 2008). Each hour is compared with
    the largest of all hours, so that looking at 24 of them does not count as luck (Westfall & Young 1993).
    """
    random = Random(len(witnesses))  # noqa: S311 - resampling, not secrecy
    columns = [_standardised([witness.excess[hour] for witness in witnesses]) for hour in range(HOURS)]
    seen = [sum(column) for column in columns]
    largest = sorted(_largest(columns, seen, random) for _ in range(draws))
    chances = [(1 + draws - bisect_left(largest, one)) / (1 + draws) for one in seen]
    return ChanceVerdict(_strongest(chances, witnesses), chances, reliability(witnesses, random))


def _strongest(chances: Profile, witnesses: Sequence[DayEvidence]) -> int:
    """Choose, of the hours that beat chance, the one with the highest effect, drawn in by how well each is known."""
    standing = [hour for hour in range(HOURS) if chances[hour] <= CHANCE]
    shrunken = _shrunken(mean_effects(witnesses))
    if not standing:
        return min(range(HOURS), key=lambda hour: (chances[hour], -shrunken[hour]))
    return max(standing, key=lambda hour: shrunken[hour])


def _shrunken(effects: Sequence[HourEffect]) -> list[float]:
    """Draw each hour's effect towards none as its error asks (empirical Bayes, Efron & Morris 1973)."""
    known = [one for one in effects if one.expected > 0]
    spread = max(fmean([one.mean**2 - one.error**2 for one in known]), 0.0) if known else 0.0
    return [one.mean * spread / (spread + one.error**2) if spread + one.error**2 > 0 else 0.0 for one in effects]


def _standardised(column: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(value * value for value in column))
    return [value / length for value in column] if length else list(column)


def _largest(columns: Sequence[Sequence[float]], seen: Sequence[float], random: Random) -> float:
    kept = [random.random() < 0.5 for _ in columns[0]]
    return max(2 * sum(compress(column, kept)) - whole for column, whole in zip(columns, seen, strict=True))


def reliability(witnesses: Sequence[DayEvidence], random: Random) -> float | None:
    """Give the split-half correlation of the hours' means, stepped up to full length (Spearman 1910, Brown 1910).

    Hours weigh by what was expected in them: those with next to nothing in them would only add noise.
    """
    weights = together(witnesses).expected
    if sum(weights) <= 0:
        return None
    halves = [_split(witnesses, random) for _ in range(SPLITS)]
    found = [_correlation(_means(one), _means(other), weights) for one, other in halves]
    known = [one for one in found if one is not None]
    if not known:
        return None
    between = fmean(known)
    return max(2 * between / (1 + between), 0.0) if between > -1 else 0.0


def _correlation(one: Profile, other: Profile, weights: Profile) -> float | None:
    """Give Pearson's correlation with weights; None where one of the two does not vary."""
    one, other = _centred(one, weights), _centred(other, weights)
    squares = math.sqrt(_products(one, one, weights) * _products(other, other, weights))
    return _products(one, other, weights) / squares if squares else None


def _products(one: Profile, other: Profile, weights: Profile) -> float:
    return sum(weight * left * right for weight, left, right in zip(weights, one, other, strict=True))


def _centred(profile: Profile, weights: Profile) -> Profile:
    mean = fmean(profile, weights)
    return [value - mean for value in profile]


def _split(witnesses: Sequence[DayEvidence], random: Random) -> tuple[list[DayEvidence], list[DayEvidence]]:
    shuffled = random.sample(witnesses, len(witnesses))
    middle = len(shuffled) // 2
    return shuffled[:middle], shuffled[middle:]


def _means(witnesses: Sequence[DayEvidence]) -> list[float]:
    whole = together(witnesses)
    pairs = zip(whole.excess, whole.expected, strict=True)
    return [excess / expected if expected > 0 else 0.0 for excess, expected in pairs]


def _smooth(profile: Profile) -> list[float]:
    return [(profile[hour - 1] + 2 * profile[hour] + profile[(hour + 1) % HOURS]) / 4 for hour in range(HOURS)]
