"""What each of many media had at one age: seen there, else projected from the last look by how the others grew."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

from civitai_engagement.analysis.curves import Curve, CurvePoint, sampled_at
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.made import AGES, MadeMedia, Sampled

# A last look is projected from where growth is far enough and not long forgotten.
YOUNGEST, OLDEST = 6.0, 40 * 24.0
LEAST_SHARE = 0.25
# Fewer known ones do not say how media typically grow.
LEAST_KNOWN = 10
PLACES = {hours: place for place, hours in enumerate(AGES.values())}
SIXTEENTHS = 16  # exact in a real


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


def sampled(curve: Curve) -> Sampled:
    """Read off a curve what its media had at each age, and by the last look at it.

    What was read off stays: looks that come later change no count of an age that was passed before.
    """
    points = curve.points()
    return Sampled(
        tuple(count_of(points, hours) for hours in AGES.values()), float(points[-1].total), float(points[-1].hours)
    )


def count_of(points: Sequence[CurvePoint], hours: float) -> float | None:
    count = sampled_at(points, hours)
    return None if isinstance(count, NotObserved) else round(count * SIXTEENTHS) / SIXTEENTHS


def next_age(hours: float) -> float | None:
    """Say at which age the next count is read off; None after the last."""
    return next((age for age in AGES.values() if age > hours), None)


@dataclass(frozen=True, slots=True)
class CountedRows:
    """Media with a count at the age asked for, as models take them; how many were projected, and how many have none."""

    rows: Sequence[MadeRow]
    projected: int
    uncounted: int


def counted_rows(media: Sequence[MadeMedia], hours: float) -> CountedRows:
    """Give media their counts at an age; those of which nothing says it are left out, and counted."""
    counts = outcomes([one.sampled for one in media], hours)
    both = [(one, count) for one, count in zip(media, counts, strict=True) if count is not None]
    projected = sum(count.is_projected for _, count in both)
    return CountedRows([_row(one, count.count) for one, count in both], projected, len(media) - len(both))


def _row(one: MadeMedia, count: float) -> MadeRow:
    standing = (one.post_id, one.creator, one.published_at, one.kind, one.level, one.place, one.post_size)
    return MadeRow(count, *standing, one.features)


def outcomes(media: Sequence[Sampled], hours: float) -> list[AgedCount | None]:
    """Give what each media had at an age, one of `AGES`; None where nothing says it.

    Dropping those without a look on either side of the age costs a third of the precision; their last count over the
    typical share at its age costs next to nothing. The typical share is a ratio of sums, so zeros count too.
    """
    shares, place = typical_shares(media, hours), PLACES[hours]
    return [_outcome(one, one.counts[place], shares) for one in media]


def typical_shares(media: Sequence[Sampled], hours: float) -> TypicalShares:
    """Learn the typical share at each age from the media whose count at the age asked for is known."""
    wholes = [one.counts for one in media if one.counts[PLACES[hours]] is not None]
    if len(wholes) < LEAST_KNOWN:
        return TypicalShares((), ())
    columns = list(zip(*wholes, strict=True))
    found = {age: _share(columns[PLACES[age]], columns[PLACES[hours]]) for age in PLACES if age >= YOUNGEST}
    known = {age: share for age, share in found.items() if share is not None}
    return TypicalShares(tuple(known), _rising(list(known.values())))


def _share(parts: Sequence[float | None], wholes: Sequence[float | None]) -> float | None:
    seen = [one is not None for one in parts]
    total = sum(filter(None, compress(wholes, seen)))
    return sum(filter(None, parts)) / total if sum(seen) >= LEAST_KNOWN and total else None


def _rising(shares: Sequence[float]) -> tuple[float, ...]:
    """Let no share fall with age: different media are known at different ages."""
    risen = list(shares[:1])
    for _, after in pairwise(shares):
        risen.append(max(risen[-1], after))
    return tuple(risen)


def _outcome(one: Sampled, known: float | None, shares: TypicalShares) -> AgedCount | None:
    if known is not None:
        return AgedCount(known)
    if one.latest is None or one.latest_hours is None or not YOUNGEST <= one.latest_hours <= OLDEST:
        return None
    share = shares.at(one.latest_hours)
    if share is None or share < LEAST_SHARE:
        return None
    return AgedCount(one.latest / share, is_projected=True)
