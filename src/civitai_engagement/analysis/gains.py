"""What was gained over a time: the one definition that all answers use (docs/decisions/0015).

A total holds from the look that first showed it. What is gained after `since` and up to `until` is what the looks in
that time showed for the first time: each change, and the first total of a media that was published in that time. The
first total of a media published before it is a level that joined, not a gain. So gains of neighbouring times add up,
and what is gained and what joined together are the difference of the totals.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange, FirstTotal
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.records.rules import SHORTEST_RATE, SLACK


@dataclass(frozen=True, slots=True)
class Gain:
    """What was gained from `start` to `end`, as far as it was observed.

    Not in `amount` is what cannot be placed in the window: `unplaced` was first seen after a silence that reaches back
    more than a sixth of the window before it, and `joined` is what media had that were published before and first seen
    in it. `fell` is how much was taken back on the way (0 or more). `has_gap`: a change was seen after a silence
    longer than the window.

    >>> gain_between(curve, now - timedelta(hours=24), now).per_hour
    2.5
    """

    start: datetime
    end: datetime
    amount: int
    fell: int = 0
    has_gap: bool = False
    unplaced: int = 0
    joined: int = 0

    @property
    def hours(self) -> float:
        return (self.end - self.start) / HOUR

    @property
    def per_hour(self) -> float | None:
        """Give the gain an hour; None where less than half an hour was observed."""
        return self.amount / self.hours if self.end - self.start >= SHORTEST_RATE else None


@dataclass(frozen=True, slots=True)
class _Increment:
    """What one look added to the one before, at `after`."""

    after: datetime
    seen_at: datetime
    amount: int


def counts_as_gain(published_at: datetime | None, seen_at: datetime, since: datetime) -> bool:
    """Say whether what a media had when first seen is gained after `since`: where it was published in between."""
    return published_at is not None and since <= published_at < seen_at


def gain_between(curve: Curve, since: datetime, until: datetime) -> Gain | NotObserved:
    """Give what was gained after `since` and up to `until`."""
    if not curve.changes:
        return NotObserved("it was never observed")
    inside = [one for one in _increments(curve) if since < one.seen_at <= until]
    silent = [one for one in inside if one.after < since - (until - since) / SLACK] if _is_seen(curve, since) else []
    start, end = _start(curve, [one for one in inside if one not in silent], since), _end(curve, until)
    start = max([start, *(one.seen_at for one in silent if one.amount and _is_blind(curve, since, one.seen_at))])
    if end <= start:
        return NotObserved("no two observations lie in the window")
    joined, unplaced = _joined(curve, since, until), sum(one.amount for one in silent)
    return Gain(
        start=start,
        end=end,
        amount=sum(one.amount for one in inside) - joined - unplaced,
        fell=-sum(min(one.amount, 0) for one in inside),
        has_gap=any(one.amount and one.seen_at - one.after > until - since for one in inside),
        unplaced=unplaced,
        joined=joined,
    )


def _is_blind(curve: Curve, since: datetime, until: datetime) -> bool:
    """Say whether nothing of a sum was looked at in between: then a silence that ends there is that of all of it."""
    looks = (at for one in curve.changes for at in (one.previous_observed_at, one.collected_at) if at)
    return not any(since < at < until for at in looks)


def _is_seen(curve: Curve, since: datetime) -> bool:
    return curve.changes[0].collected_at <= since


def _increments(curve: Curve) -> Iterable[_Increment]:
    """Tell each row's part; one without a look before it is what media had when they were first seen."""
    total = 0
    for one in curve.changes:
        yield _Increment(one.previous_observed_at or one.collected_at, one.collected_at, one.total - total)
        total = one.total


def _joined(curve: Curve, since: datetime, until: datetime) -> int:
    firsts = curve.firsts or (FirstTotal(curve.changes[0].collected_at, curve.changes[0].total, curve.published_at),)
    inside = [one for one in firsts if since < one.at <= until]
    return sum(one.total for one in inside if not counts_as_gain(one.published_at, one.at, since))


def _start(curve: Curve, inside: Sequence[_Increment], since: datetime) -> datetime:
    """Say from when on the gain is known: what was seen to hold at `since` is known from then on."""
    first = curve.changes[0].collected_at
    if first <= since:
        return min([since, *(one.after for one in inside if one.amount)])
    return curve.published_at if counts_as_gain(curve.published_at, first, since) else first


def _end(curve: Curve, until: datetime) -> datetime:
    """Say until when the gain is known: up to the last look, or up to where a change begins that was seen later."""
    later: CurveChange | None = next((one for one in curve.changes if one.collected_at > until), None)
    last = curve.last_observed_at if later is None else later.previous_observed_at or later.collected_at
    return min(until, last)
