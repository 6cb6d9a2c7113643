"""What posts gained in a period, and whether that can be set against the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from civitai_engagement.analysis.percent_interval import PercentInterval, percent_interval
from civitai_engagement.analysis.periods import Period, percent_change
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.records.periods import PostPeriods

Followed = Sequence[PostPeriods]
# An observation this close to the end of a period stands for it; old posts are looked at once a day.
NEAR = timedelta(days=1)
# With more posts left out than one in ten, what is left does not speak for the creator.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True)
class Turnover:
    """What `seen` of `of` posts gained in a period; `whole` of them were observed from its start to its end.

    What came out in it counts from its publication on. `gain` is None where too little was seen. Not in it: `unplaced`
    was first seen in the period and may have come before it, `joined` was first seen in it and published before.
    """

    period: Period
    gain: int | None
    whole: int
    seen: int
    of: int
    published: int
    unplaced: int = 0
    joined: int = 0


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """A period and the one before it; `percent` sets the same posts against each other, `same` of `of`.

    `percent` is a reason where that cannot be told, and `interval` says how sure it is. The sums are of whatever was
    seen, left out of it or not.
    """

    now: Turnover
    before: Turnover
    same: int
    of: int
    percent: Ratio
    interval: PercentInterval


def turnover(posts: Followed, period: Period, place: int = 0) -> Turnover:
    """Add up what posts gained in a period, their `place`th, as far as they were observed in it."""
    out = [one for one in posts if one.is_out(period.end)]
    parts = [one.gains[place] for one in out]
    seen = [part.gain for part in parts if part.gain is not None]
    return Turnover(
        period,
        sum(seen) if seen else None,
        whole=sum(part.is_whole for part in parts),
        seen=len(seen),
        of=len(out),
        published=sum(one.published_at is not None and period.holds(one.published_at) for one in out),
        unplaced=sum(part.unplaced for part in parts),
        joined=sum(part.joined for part in parts),
    )


def change(posts: Followed, period: Period) -> PeriodChange:
    """Compare a period with the equal one before it (second in each post), over posts observed throughout both.

    A post of the later period gained nothing in the one before: that is growth too. Where more than one post in ten
    was not observed throughout, a percentage would compare how much was observed.
    """
    now, before = _both(posts, period)
    there = [one for one in posts if one.is_out(period.end)]
    same = [one for one in there if all(part.is_whole for part in one.gains)]
    if len(same) >= max(ENOUGH * len(there), 1):
        percent = _percent(*_both(same, period))
        interval = PercentInterval() if percent.value is None else percent_interval(same)
        return PeriodChange(now, before, len(same), len(there), percent, interval)
    were = "post was" if len(there) == 1 else "posts were"
    since = _since(there, before.period.start)
    why = f"{len(same):,} of {len(there):,} {were} observed throughout both periods{since}"
    return PeriodChange(now, before, len(same), len(there), Ratio(None, why), PercentInterval())


def _both(posts: Followed, period: Period) -> tuple[Turnover, Turnover]:
    return turnover(posts, period), turnover(posts, period.previous(), 1)


def _percent(now: Turnover, before: Turnover) -> Ratio:
    if (now.gain or 0) < 0:
        return Ratio(None, "more was taken back than gained")
    return percent_change(now.gain or 0, before.gain or 0)


def _since(posts: Followed, needed: datetime) -> str:
    began = min((one.began_at for one in posts if one.began_at), default=needed)
    return f"; the history began on {began:%Y-%m-%d}" if began > needed else ""
