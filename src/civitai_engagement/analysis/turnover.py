"""What posts gained in a period, and whether that can be set against the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from civitai_engagement.analysis.curves import Curve
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.analysis.periods import Period, percent_change
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.unknown import NotObserved

# An observation this close to the end of a period stands for it; old posts are looked at once a day.
NEAR = timedelta(days=1)
# With more posts left out than one in ten, what is left does not speak for the creator.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True)
class Turnover:
    """What `seen` of `of` posts gained in a period; `whole` of them were observed from its start to its end.

    What came out in it counts from its publication on. `gain` is None where nothing was seen.
    """

    period: Period
    gain: int | None
    whole: int
    seen: int
    of: int


@dataclass(frozen=True, slots=True)
class Change:
    """A period against the one before, in percent of the latter; the sums are of the `same` posts.

    `percent` is a reason where that cannot be told; then the sums are of whatever was seen.
    """

    now: Turnover
    before: Turnover
    same: int
    percent: Ratio


@dataclass(frozen=True, slots=True)
class _Part:
    """What one post has to do with a period: whether it was out, what it gained, and whether all of that was seen."""

    is_out: bool
    gain: Gain | None
    is_whole: bool


def turnover(curves: Sequence[Curve], period: Period) -> Turnover:
    """Add up what posts gained in a period, as far as they were observed in it."""
    return _summed(period, [_part(curve, period) for curve in curves])


def change(curves: Sequence[Curve], period: Period) -> Change:
    """Compare a period with the equal one before it, over posts that were observed throughout both.

    A post of the later period gained nothing in the one before: that is growth too. Where more than one post in ten
    was not observed throughout, a percentage would compare how much was observed.
    """
    earlier = period.previous()
    there = [curve for curve in curves if curve.published_at < period.end]
    parts = [(_part(curve, period), _part(curve, earlier)) for curve in there]
    same = [both for both in parts if all(part.is_whole for part in both)]
    is_enough = len(same) >= max(ENOUGH * len(parts), 1)
    told = same if is_enough else parts
    now, before = _summed(period, [part for part, _ in told]), _summed(earlier, [part for _, part in told])
    if is_enough:
        return Change(now, before, len(same), percent_change(now.gain or 0, before.gain or 0))
    why = f"{len(same)} of {len(parts)} posts were observed throughout both periods{_since(there, earlier.start)}"
    return Change(now, before, len(same), Ratio(None, why))


def _since(curves: Sequence[Curve], needed: datetime) -> str:
    began = min((one.changes[0].collected_at for one in curves), default=needed)
    return f"; the history began on {began:%Y-%m-%d}" if began > needed else ""


def _summed(period: Period, parts: Sequence[_Part]) -> Turnover:
    out = [part for part in parts if part.is_out]
    gained = [part.gain.amount for part in out if part.gain is not None]
    whole = sum(part.is_whole for part in out)
    return Turnover(period, sum(gained) if gained else None, whole=whole, seen=len(gained), of=len(out))


def _part(curve: Curve, period: Period) -> _Part:
    if curve.published_at >= period.end:
        return _Part(is_out=False, gain=None, is_whole=True)
    gain = gain_between(curve, period.start, period.end)
    if isinstance(gain, NotObserved):
        return _Part(is_out=True, gain=None, is_whole=False)
    begun = max(period.start, curve.published_at)
    is_whole = gain.start <= begun + NEAR and gain.end >= period.end - NEAR
    return _Part(is_out=True, gain=gain, is_whole=is_whole)
