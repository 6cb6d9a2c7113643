"""What moved most in a window: as counted, and against what its age and its creator would lead to expect."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from civitai_engagement.analysis.baseline import Rating, rate
from civitai_engagement.analysis.curves import HOUR, Curve, read_off, sampled_at
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.analysis.growth import GrowthCurve
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.unknown import NotEnough, NotObserved

# From fewer before the window nothing is expected of it; of fewer in it, a ratio is mostly chance.
FEWEST_BEFORE = 10
FEWEST_GAINED = 10
LEAST_EXPECTED = 1.0
YOUNG = "came out in the window: nothing is expected yet"


class By(StrEnum):
    """What movers are ordered by."""

    GAIN = "gain"
    PER_HOUR = "per_hour"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Movement:
    """What one curve gained in a window, from one age to another, and how many times the expected that is.

    >>> movement = moved(curve, now - timedelta(hours=24), now, growth)
    >>> movement.gain.amount, movement.times_expected.value
    (42, 2.8)
    """

    gain: Gain
    from_age: timedelta
    to_age: timedelta
    times_expected: Ratio

    def measured(self, by: By) -> float | None:
        """Give the number it is ordered by; None where that is not known."""
        measures = {By.GAIN: self.gain.amount, By.PER_HOUR: self.gain.per_hour, By.AGE: self.times_expected.value}
        return measures[by]


def moved(curve: Curve, since: datetime, until: datetime, growth: GrowthCurve | NotEnough) -> Movement | NotObserved:
    """Measure what a curve gained in a window, over the time in which that was observed.

    Expected is what it had before, times what curves usually gain over those ages per what they have before (constant
    growth factors: Szabo & Huberman 2010). Without enough curves to learn that from nothing is.
    """
    gain = gain_between(curve, since, until)
    if isinstance(gain, NotObserved):
        return gain
    start, end = curve.hours_at(gain.start), curve.hours_at(gain.end)
    expected = _expected(read_off(curve.points(), start), growth, start, end)
    return Movement(gain, start * HOUR, end * HOUR, _times(gain.amount, expected))


def _expected(before: float | NotObserved, growth: GrowthCurve | NotEnough, start: float, end: float) -> Ratio:
    """Give the number that is expected, or the reason why none is."""
    if start <= 0:
        return Ratio(None, YOUNG)
    if isinstance(before, NotObserved):
        return Ratio(None, "what it had before the window was not observed")
    if before < FEWEST_BEFORE:
        return Ratio(None, f"fewer than {FEWEST_BEFORE} before the window: too few to expect a number")
    if isinstance(growth, NotEnough):
        return Ratio(None, f"fewer than {growth.needed} {growth.what} to learn from what is usual")
    reached = growth.at(start)
    return _counted(before * growth.between(start, end) / reached if reached else 0)


def _counted(expected: float) -> Ratio:
    """Take no part of one for an expectation: any gain would be many times it."""
    if expected >= LEAST_EXPECTED:
        return Ratio(expected)
    return Ratio(None, f"{'less than 1' if expected else 'nothing'} more is usual at this age")


def _times(amount: int, expected: Ratio) -> Ratio:
    if expected.value is None:
        return expected
    if max(amount, expected.value) < FEWEST_GAINED:
        return Ratio(None, f"fewer than {FEWEST_GAINED} gained and expected: a ratio would mostly be chance")
    return Ratio(amount / expected.value)


def against_own(movement: Movement, others: Sequence[Curve]) -> Rating | NotEnough:
    """Compare a movement with what the creator's other posts gained between the same two ages."""
    ages = movement.from_age / HOUR, movement.to_age / HOUR
    pairs = [[sampled_at(other.points(), age) for age in ages] for other in others]
    gained = [
        end - start for start, end in pairs if not isinstance(start, NotObserved) and not isinstance(end, NotObserved)
    ]
    return rate(movement.gain.amount, gained)


def ranked(movements: Iterable[Movement], by: By) -> list[Movement]:
    """Order movements, greatest first; those that cannot be measured so are left out."""
    measured = [(value, movement) for movement in movements if (value := movement.measured(by)) is not None]
    return [movement for _, movement in sorted(measured, key=lambda one: one[0], reverse=True)]
