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


def turnover(curves: Sequence[Curve], period: Period) -> Turnover:
    """Add up what posts gained in a period, as far as they were observed in it."""
    there = [curve for curve in curves if curve.published_at < period.end]
    gained = [(curve, _gain(curve, period)) for curve in there]
    seen = [gain for _, gain in gained if gain is not None]
    return Turnover(
        period,
        sum(gain.amount for gain in seen) if seen else None,
        whole=sum(gain is not None and _spans(gain, curve, period) for curve, gain in gained),
        seen=len(seen),
        of=len(there),
    )


def change(curves: Sequence[Curve], period: Period) -> Change:
    """Compare a period with the equal one before it, over posts that were observed throughout both.

    A post of the later period gained nothing in the one before: that is growth too. Where more than one post in ten
    was not observed throughout, a percentage would compare how much was observed.
    """
    earlier = period.previous()
    there = [curve for curve in curves if curve.published_at < period.end]
    same = [curve for curve in there if _is_whole(curve, period) and _is_whole(curve, earlier)]
    if not there or len(same) < ENOUGH * len(there):
        told = f"{len(same)} of {len(there)} posts were observed throughout both periods{_since(there, earlier.start)}"
        return Change(turnover(there, period), turnover(there, earlier), len(same), Ratio(None, told))
    now, before = turnover(same, period), turnover(same, earlier)
    return Change(now, before, len(same), percent_change(now.gain or 0, before.gain or 0))


def _since(curves: Sequence[Curve], needed: datetime) -> str:
    began = min((one.changes[0].collected_at for one in curves if one.changes), default=None)
    return "" if began is None or began <= needed else f"; the history began on {began:%Y-%m-%d}"


def _gain(curve: Curve, period: Period) -> Gain | None:
    gain = gain_between(curve, period.start, period.end)
    return None if isinstance(gain, NotObserved) else gain


def _is_whole(curve: Curve, period: Period) -> bool:
    if curve.published_at >= period.end:
        return True
    gain = _gain(curve, period)
    return gain is not None and _spans(gain, curve, period)


def _spans(gain: Gain, curve: Curve, period: Period) -> bool:
    begun = max(period.start, curve.published_at)
    return gain.start <= begun + NEAR and gain.end >= period.end - NEAR
