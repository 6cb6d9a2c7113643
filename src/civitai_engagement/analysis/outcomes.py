"""What each of many media had at one age: seen there, else projected from the last look by how the others grew."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from civitai_engagement.analysis.curves import Curve, CurvePoint, sampled_at
from civitai_engagement.analysis.unknown import NotObserved

# A last look is projected from where growth is far enough and not long forgotten.
YOUNGEST, OLDEST = 6.0, 40 * 24.0
LEAST_SHARE = 0.25
# Fewer known ones do not say how media typically grow.
LEAST_KNOWN = 10
EDGES = (6.0, 8, 10, 12, 16, 20, 24, 30, 36, 48, 60, 72, 96, 120, 168, 240, 360, 480, 720, 960)


@dataclass(frozen=True, slots=True)
class AgedCount:
    """A count at the age asked for, and whether it was projected."""

    count: float
    is_projected: bool = False


@dataclass(frozen=True, slots=True)
class TypicalShares:
    """What share of the count at the age asked for is typically there at other ages; straight by its logarithm."""

    ages: tuple[float, ...]
    shares: tuple[float, ...]

    def at(self, hours: float) -> float | None:
        if len(self.ages) < 2 or not self.ages[0] <= hours <= self.ages[-1]:
            return None
        place = min(bisect_right(self.ages, hours), len(self.ages) - 1)
        low, high = self.ages[place - 1], self.ages[place]
        part = math.log(hours / low) / math.log(high / low)
        return self.shares[place - 1] + part * (self.shares[place] - self.shares[place - 1])


def outcomes(curves: Sequence[Curve], hours: float) -> list[AgedCount | None]:
    """Give what each media had at an age; None where nothing says it.

    Dropping those without a look on either side of the age costs a third of the precision; their last count over the
    typical share at its age costs next to nothing. The typical share is a ratio of sums, so zeros count too.
    """
    known = [sampled_at(curve.points(), hours) for curve in curves]
    shares = typical_shares(curves, known, hours)
    return [_outcome(curve, count, shares) for curve, count in zip(curves, known, strict=True)]


def typical_shares(curves: Sequence[Curve], known: Sequence[float | NotObserved], hours: float) -> TypicalShares:
    """Learn the typical share at each age from the media whose count at the age asked for is known."""
    wholes = [
        (curve.points(), count)
        for curve, count in zip(curves, known, strict=True)
        if not isinstance(count, NotObserved)
    ]
    found = {age: share for age in EDGES if (share := _share(wholes, age)) is not None}
    found |= {hours: 1.0} if len(wholes) >= LEAST_KNOWN else {}
    ages = tuple(sorted(found))
    return TypicalShares(ages, _rising([found[age] for age in ages]))


def _share(wholes: Sequence[tuple[Sequence[CurvePoint], float]], age: float) -> float | None:
    both = [(part, whole) for points, whole in wholes if not isinstance(part := sampled_at(points, age), NotObserved)]
    total = sum(whole for _, whole in both)
    return sum(part for part, _ in both) / total if len(both) >= LEAST_KNOWN and total else None


def _rising(shares: Sequence[float]) -> tuple[float, ...]:
    """Let no share fall with age: different media are known at different ages."""
    risen = list(shares[:1])
    for _, after in pairwise(shares):
        risen.append(max(risen[-1], after))
    return tuple(risen)


def _outcome(curve: Curve, known: float | NotObserved, shares: TypicalShares) -> AgedCount | None:
    if not isinstance(known, NotObserved):
        return AgedCount(known)
    last = curve.points()[-1]
    share = shares.at(last.hours) if YOUNGEST <= last.hours <= OLDEST else None
    if share is None or share < LEAST_SHARE:
        return None
    return AgedCount(last.total / share, is_projected=True)
