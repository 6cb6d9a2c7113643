"""What posts gained in a period, and whether that can be set against the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from civitai_engagement.analysis.curves import Curve
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.analysis.periods import Period, percent_change
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.unknown import NotObserved

Followed = Sequence[Curve | NotObserved]
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
    """A period and the one before it; `percent` sets the same posts against each other, `same` of `of`.

    `percent` is a reason where that cannot be told. The sums are of whatever was seen, left out of it or not.
    """

    now: Turnover
    before: Turnover
    same: int
    of: int
    percent: Ratio


@dataclass(frozen=True, slots=True)
class _Part:
    """What one post has to do with a period: whether it was out, what it gained, and whether all of that was seen."""

    is_out: bool
    gain: Gain | None
    is_whole: bool


def turnover(posts: Followed, period: Period) -> Turnover:
    """Add up what posts gained in a period, as far as they were observed in it; without a curve they count in `of`."""
    return _summed(period, [_part(one, period) for one in posts])


def change(posts: Followed, period: Period) -> Change:
    """Compare a period with the equal one before it, over posts that were observed throughout both.

    A post of the later period gained nothing in the one before: that is growth too. Where more than one post in ten
    was not observed throughout, a percentage would compare how much was observed.
    """
    earlier = period.previous()
    there = [one for one in posts if isinstance(one, NotObserved) or one.published_at < period.end]
    parts = [(_part(one, period), _part(one, earlier)) for one in there]
    same = [both for both in parts if all(part.is_whole for part in both)]
    now, before = _both(period, parts)
    if len(same) >= max(ENOUGH * len(parts), 1):
        return Change(now, before, len(same), len(parts), _percent(*_both(period, same)))
    why = f"{len(same)} of {len(parts)} posts were observed throughout both periods{_since(there, earlier.start)}"
    return Change(now, before, len(same), len(parts), Ratio(None, why))


def is_throughout(gain: Gain, start: datetime, end: datetime, near: timedelta = NEAR) -> bool:
    """Say whether a gain is that of a time: its observations lie `near` both ends of it, within or beyond."""
    return abs(gain.start - start) <= near and abs(gain.end - end) <= near


def _percent(now: Turnover, before: Turnover) -> Ratio:
    if (now.gain or 0) < 0:
        return Ratio(None, "more was taken back than gained")
    return percent_change(now.gain or 0, before.gain or 0)


def _since(posts: Followed, needed: datetime) -> str:
    curves = [one for one in posts if isinstance(one, Curve)]
    began = min((one.changes[0].collected_at for one in curves if one.changes), default=needed)
    return f"; the history began on {began:%Y-%m-%d}" if began > needed else ""


def _both(period: Period, parts: Sequence[tuple[_Part, _Part]]) -> tuple[Turnover, Turnover]:
    now, before = ([both[place] for both in parts] for place in (0, 1))
    return _summed(period, now), _summed(period.previous(), before)


def _summed(period: Period, parts: Sequence[_Part]) -> Turnover:
    out = [part for part in parts if part.is_out]
    gained = [part.gain.amount for part in out if part.gain is not None]
    whole = sum(part.is_whole for part in out)
    return Turnover(period, sum(gained) if gained else None, whole=whole, seen=len(gained), of=len(out))


def _part(one: Curve | NotObserved, period: Period) -> _Part:
    if isinstance(one, NotObserved):
        return _Part(is_out=True, gain=None, is_whole=False)
    if one.published_at >= period.end:
        return _Part(is_out=False, gain=None, is_whole=True)
    gain = gain_between(one, period.start, period.end)
    if isinstance(gain, NotObserved):
        return _Part(is_out=True, gain=None, is_whole=False)
    begun = max(period.start, one.published_at)
    return _Part(is_out=True, gain=gain, is_whole=is_throughout(gain, begun, period.end))
