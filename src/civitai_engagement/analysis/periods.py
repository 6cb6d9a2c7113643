"""A period of whole days against the equal one before it, and how engagement is shared out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.records.media import Counters

MIXED = ("like", "heart", "laugh", "cry")
# The top tenth.
TOP = 10
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of a time zone, from `first` on; days on which clocks change have 23 or 25 hours.

    >>> week = last_complete(7, now, ZoneInfo("Europe/Berlin"))
    >>> week.previous().end == week.start
    True
    """

    first: date
    days: int
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return self._midnight(0)

    @property
    def end(self) -> datetime:
        """Say when it is over; this instant is no longer in it."""
        return self._midnight(self.days)

    @property
    def last(self) -> date:
        """Say which day is the last one in it."""
        return self.first + timedelta(days=self.days - 1)

    def _midnight(self, days: int) -> datetime:
        return datetime.combine(self.first + timedelta(days=days), time(), self.zone).astimezone(UTC)

    def previous(self) -> "Period":
        return replace(self, first=self.first - timedelta(days=self.days))

    def holds(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


def last_complete(days: int, now: datetime, zone: ZoneInfo) -> Period:
    """Give the last `days` whole days before today: a day that is not over would look like a collapse."""
    return Period(now.astimezone(zone).date() - timedelta(days=days), days, zone)


def percent_change(now: float, before: float) -> Ratio:
    """Give the change from one period to the next in percent, or the reason why there is none: a base of zero."""
    if before <= 0:
        return Ratio(None, "the period before has none to compare with")
    return Ratio(100 * (now - before) / before)


def concentration(totals: Sequence[float]) -> Ratio:
    """Give the share (0 to 1) of all engagement that the top tenth of posts has, rounded up to whole posts.

    A top share is the plainest measure of concentration, and needs no model of the tail (Cowell 2011, chapter 2).
    An even spread gives 0.1.
    """
    if len(totals) < FEWEST:
        return Ratio(None, f"a top tenth needs {FEWEST} posts, here are {len(totals)}")
    if not (whole := sum(totals)):
        return Ratio(None, "there is no engagement yet")
    return Ratio(sum(sorted(totals, reverse=True)[: -(-len(totals) // TOP)]) / whole)


def reaction_mix(totals: Counters) -> dict[str, float] | None:
    """Give each reaction's share of all reactions, adding up to 1; None while there are none."""
    if not totals.reactions:
        return None
    return {name: getattr(totals, name) / totals.reactions for name in MIXED}
