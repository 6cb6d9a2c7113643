"""A period of a creator as a row and in words, and how it compares with the one before."""

from pydantic import BaseModel

from civitai_engagement.analysis.percent_interval import PercentInterval
from civitai_engagement.analysis.periods import Period
from civitai_engagement.analysis.turnover import PeriodChange, Turnover
from civitai_engagement.answers.answer import count, figures, utc


class PeriodRow(BaseModel):
    """Whole days from `start` until `end` (UTC): what was gained by `seen` of `of` posts that were out.

    `whole` of them were observed from beginning to end; `published` came out in it.
    """

    start: str
    end: str
    gain: int | None
    whole: int
    seen: int
    of: int
    published: int


def period_row(one: Turnover) -> PeriodRow:
    return PeriodRow(
        start=utc(one.period.start),
        end=utc(one.period.end),
        gain=one.gain,
        whole=one.whole,
        seen=one.seen,
        of=one.of,
        published=one.published,
    )


def rounded(one: PercentInterval) -> list[float] | None:
    """Round both ends as the percentage between them is rounded."""
    return None if one.low is None or one.high is None else [round(one.low, 1), round(one.high, 1)]


def gained(one: PeriodRow, change: tuple[float | None, list[float] | None], period: Period) -> str:
    """Say what was gained in a period, and what that is against the one before: in percent, with its interval."""
    percent, interval = change
    lately = f"{_days(period)} in {period.zone}"
    if one.gain is None:
        return f"nothing was observed of the gain {lately}"
    moved = f"lost {-one.gain:,}" if one.gain < 0 else f"gained {one.gain:,}"
    told = f"{moved} {lately} ({observed(one)})"
    if percent is None:
        return told
    return f"{told}, {_change(percent, interval, period)}"


def observed(one: PeriodRow) -> str:
    """Say of how many posts a gain is, and how many of them were observed from beginning to end."""
    posts = count(one.of, "post")
    if one.seen == one.of:
        return f"{one.whole:,} of {posts} observed throughout"
    return f"of {one.seen:,} of {posts}, {one.whole:,} observed throughout"


def _days(period: Period) -> str:
    if period.days == 1:
        return f"on the day {period.first}"
    return f"in the {period.days} days from {period.first} to {period.last}"


def _change(percent: float, interval: list[float] | None, period: Period) -> str:
    before = "the day before" if period.days == 1 else f"in the {period.days} days before"
    more = f"{figures(abs(percent))} % {'more' if percent > 0 else 'less'} than" if percent else "as much as"
    told = f"{more} {before}"
    if interval is None:
        return f"{told}, which cannot be told from chance here"
    low, high = interval
    between = f"({_signed(low)} to {_signed(high)} %)"
    return f"{told}, within what chance brings {between}" if low <= 0 <= high else f"{told} {between}"


def _signed(percent: float) -> str:
    sign = "−" if percent < 0 else "+" if percent > 0 else ""
    return f"{sign}{figures(abs(percent))}"


def compared(grown: PeriodChange) -> str | None:
    if grown.percent.value is None or grown.same == grown.of:
        return None
    return (
        f"The percentage is over {grown.same:,} of {count(grown.of, 'post')}: those observed throughout both periods."
    )


def placed(one: Turnover) -> list[str]:
    """Say what of the gain may lie before the period, and what was first seen in it and is not in the gain."""
    before = (
        f"{one.unplaced:,} more were first seen in the period after days without a look and may have come before it."
    )
    joined = f"Not in the gain are {one.joined:,} that media published before had when first seen in this period."
    return [note for note, holds in ((before, one.unplaced), (joined, one.joined)) if holds]
