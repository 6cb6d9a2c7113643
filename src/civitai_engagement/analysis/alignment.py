"""Curves side by side at equal age: up to which age all of them were observed, and which is ahead there."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from civitai_engagement.analysis.curves import HOUR, Curve, CurvePoint, count_at, read_off
from civitai_engagement.analysis.unknown import NotObserved

# Where curves are compared when nobody says at which age.
STANDARD_AGES = tuple(timedelta(hours=hours) for hours in (1, 4, 24, 168))
_SIGMAS = 1.96


@dataclass(frozen=True, slots=True)
class Lead:
    """Which of several is ahead at one age, with how many, and which comes next.

    >>> lead({77: curve, 78: other}, timedelta(hours=24))
    Lead(age=datetime.timedelta(days=1), first=77, count=120.0, second=78, next_count=66.0)
    """

    age: timedelta
    first: int
    count: float
    second: int
    next_count: float

    @property
    def ratio(self) -> float | None:
        """How many times the next one's count; None where that is zero."""
        return self.count / self.next_count if self.next_count else None

    @property
    def is_clear(self) -> bool:
        """Whether the difference is more than counting alone gives.

        Two Poisson counts of one rate differ by more than 1.96 roots of their sum in 5 % of cases (Przyborowski &
        Wilenski 1940, normal approximation). People do not react independently: what is clear here may still be luck.
        """
        return self.count - self.next_count > _SIGMAS * math.sqrt(self.count + self.next_count)


def lead(curves: Mapping[int, Curve], age: timedelta) -> Lead | None:
    """Say which curve is ahead at an age; None where one of them was not observed there, or there are not two."""
    counts = {name: count_at(curve, age) for name, curve in curves.items()}
    known = [(count, name) for name, count in counts.items() if not isinstance(count, NotObserved)]
    if len(known) < len(counts) or len(known) < 2:
        return None
    (most, first), (after, second) = sorted(known, key=lambda one: (-one[0], one[1]))[:2]
    return Lead(age, first, most, second, after)


def greatest_shared_age(curves: Iterable[Curve]) -> timedelta | None:
    """Give the greatest age at which the count of every curve is known; None where there is none after publication."""
    drawn = [curve.points() for curve in curves]
    last = min((points[-1].hours for points in drawn), default=0.0)
    seen = {point.hours for points in drawn for point in points if 0 < point.hours <= last}
    return next((hours * HOUR for hours in sorted(seen, reverse=True) if _all_known(drawn, hours)), None)


def _all_known(drawn: Sequence[Sequence[CurvePoint]], hours: float) -> bool:
    return not any(isinstance(read_off(points, hours), NotObserved) for points in drawn)


def ages_of(curve: Curve, standard: Iterable[timedelta]) -> list[timedelta]:
    """Give the ages a curve can be compared at, greatest first: its own age when last seen, and the standard ones."""
    own = curve.points()[-1].hours * HOUR
    observed = {own, *(age for age in standard if not isinstance(count_at(curve, age), NotObserved))}
    return sorted(observed - {timedelta()}, reverse=True)
