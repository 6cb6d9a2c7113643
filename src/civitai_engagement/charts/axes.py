"""The two axes: age in hours and days or time in one zone, and whole counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from civitai_engagement.charts.chart import Chart, DrawnPoint
from civitai_engagement.charts.loading import load_plotting
from civitai_engagement.charts.palette import FAINT, GRID, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_TICKS = 8
_LEAST_COUNTS = 4  # less high than that, whole counts would be ticked twice
_DAY = 24
AGES = (1, 2, 3, 6, 12, _DAY, 2 * _DAY, 4 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY, 56 * _DAY, 182 * _DAY, 364 * _DAY)


def places(points: Sequence[DrawnPoint]) -> list[float]:
    """Give where points stand: in days, the unit of matplotlib's dates."""
    return [one.x / _DAY for one in points]


def prepare(plot: "Axes", chart: Chart) -> None:
    """Set limits, ticks and grid to what the chart shows."""
    known = [one for line in chart.lines for one in line.known]
    _scale(plot, known, chart)
    if chart.by == "age":
        _ages(plot)
    else:
        _dates(plot, known, ZoneInfo(chart.zone))
    _counts(plot)
    for side in ("top", "right", "left"):
        plot.spines[side].set_visible(False)
    plot.spines["bottom"].set_color(FAINT)
    plot.grid(axis="y", color=GRID, linewidth=0.8)
    plot.set_axisbelow(True)
    plot.tick_params(colors=INK, labelsize=9, length=3, color=FAINT)
    plot.tick_params(axis="y", length=0)


def begins_at_zero(chart: Chart) -> bool:
    """Say whether the counts are drawn from nothing: not where that would flatten what moved."""
    counts = [one.y or 0 for line in chart.lines for one in line.known]
    return not counts or min(counts) <= max(counts) / 2 or min(counts) == max(counts)


def _scale(plot: "Axes", known: Sequence[DrawnPoint], chart: Chart) -> None:
    xs, ys = places(known) or [0.0], [one.y or 0 for one in known] or [0]
    left = 0 if chart.by == "age" and min(xs) < max(xs) / 2 else min(xs)
    side = 0.015 * (max(xs) - left) or 1 / _DAY
    plot.set_xlim(left - side, max(xs) + side)
    low = 0 if begins_at_zero(chart) else min(ys)
    room = 0.07 * max(max(ys) - low, _LEAST_COUNTS)
    plot.set_ylim(low - room / 2, max(*ys, low + _LEAST_COUNTS) + room)


def _ages(plot: "Axes") -> None:
    plotting = load_plotting()
    start, end = plot.get_xlim()
    step = next((one for one in AGES if (end - start) * _DAY / one <= _MOST_TICKS), (end - start) * _DAY / _MOST_TICKS)
    plot.xaxis.set_major_locator(plotting.MultipleLocator(step / _DAY))
    plot.xaxis.set_major_formatter(plotting.FuncFormatter(lambda days, _: age(days * _DAY, is_fine=step < _DAY)))
    plot.set_xlabel("age: time since publication", color=FAINT, size=9)


def age(hours: float, *, is_fine: bool) -> str:
    """Write an age in hours where ticks are that fine, else in days."""
    return f"{hours:.3g} h" if is_fine else f"{hours / _DAY:.3g} d"


def _dates(plot: "Axes", known: Sequence[DrawnPoint], zone: ZoneInfo) -> None:
    plotting = load_plotting()
    day, clock = "%b %d", "%H:%M"
    ticks = plotting.AutoDateLocator(tz=zone, minticks=3, maxticks=_MOST_TICKS)
    form = plotting.ConciseDateFormatter(
        ticks,
        tz=zone,
        formats=["%Y", "%b %Y", day, clock, clock, "%H:%M:%S"],
        zero_formats=["%Y", "%Y", day, day, clock, clock],
        show_offset=False,
    )
    plot.xaxis.set_major_locator(ticks)
    plot.xaxis.set_major_formatter(form)
    years = sorted({datetime.fromtimestamp(one.x * 3600, zone).year for one in known})
    plot.set_xlabel(f"time ({zone.key}){''.join(f', {year}' for year in years)}", color=FAINT, size=9)


def _counts(plot: "Axes") -> None:
    plotting = load_plotting()
    plot.yaxis.set_major_locator(plotting.MaxNLocator(nbins=6, integer=True))
    plot.yaxis.set_major_formatter(plotting.FuncFormatter(lambda count, _: f"{count:,.0f}"))
