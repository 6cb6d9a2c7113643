"""A picture of effects: each a dot for its ratio and a bar for its interval, beside the line of no difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from civitai_engagement.charts.loading import load_plotting
from civitai_engagement.charts.palette import BACKGROUND, FAINT, GRID, INK, PENS
from civitai_engagement.charts.picture import figure_of, printed
from civitai_engagement.charts.words import Heading, head, legible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 24
WIDE, EDGES, ROW = 9.0, 1.9, 0.26  # inches
LEAST, MOST = 1 / 8, 8.0  # what lies beyond is cut, and an arrow says so
LONGEST = 40
OTHERS = PENS[1]
TICKS = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
FINE_TICKS = (0.5, 2 / 3, 0.8, 1.0, 1.25, 1.5, 2.0)  # where all lies within a factor of four


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio and its interval."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DrawnEffect:
    """One effect: filled where it is named, open where it cannot be told; `others` is what others' media show."""

    label: str
    own: Estimate | None
    is_named: bool
    others: Estimate | None = None

    @property
    def estimates(self) -> list[Estimate]:
        return [one for one in (self.own, self.others) if one]


@dataclass(frozen=True, slots=True)
class EffectChart:
    """What a picture of effects shows.

    >>> png = draw_effects(EffectChart("What goes with reactions", "times the same creator's other media", bars))
    """

    title: str
    subtitle: str
    bars: tuple[DrawnEffect, ...]
    as_of: datetime | None = None
    notes: tuple[str, ...] = ()


def draw_effects(chart: EffectChart, *, as_vectors: bool = False) -> bytes:
    """Give the picture as PNG bytes, or as SVG.

    Raises:
        BadSetup: matplotlib is not installed.
    """
    bars = chart.bars[:MOST_BARS]
    high = EDGES + ROW * max(len(bars), 4)
    figure = figure_of(WIDE, high)
    plot = figure.add_axes((0.30, 0.95 / high, 0.45, 1 - EDGES / high), facecolor=BACKGROUND)
    _prepare(plot, bars)
    for place, one in enumerate(bars):
        _bar(plot, one, -place)
    if not bars:
        plot.text(0.5, 0.5, "Nothing could be compared.", transform=plot.transAxes, ha="center", color=FAINT)
    head(figure, Heading(chart.title, chart.subtitle, chart.as_of, chart.notes))
    return printed(figure, as_vectors=as_vectors)


def _prepare(plot: "Axes", bars: Sequence[DrawnEffect]) -> None:
    plotting = load_plotting()
    plot.set_xscale("log", base=2)
    plot.set_xlim(*_limits(bars))
    plot.set_ylim(-max(len(bars), 4) + 0.4, 0.6)
    plot.axvline(1.0, color=FAINT, linewidth=1, zorder=1)
    low, high = plot.get_xlim()
    plot.xaxis.set_major_locator(plotting.FixedLocator(FINE_TICKS if high < 4 * low else TICKS))
    plot.xaxis.set_minor_locator(plotting.NullLocator())
    plot.xaxis.set_major_formatter(lambda value, _: f"x{value:.3g}")
    plot.xaxis.set_minor_formatter(plotting.NullFormatter())
    plot.set_yticks([])
    for side in ("top", "right", "left"):
        plot.spines[side].set_visible(False)
    plot.spines["bottom"].set_color(FAINT)
    plot.grid(axis="x", color=GRID, linewidth=0.8)
    plot.set_axisbelow(True)
    plot.tick_params(axis="x", labelcolor=INK, labelsize=8, length=3, color=FAINT)


def _limits(bars: Sequence[DrawnEffect]) -> tuple[float, float]:
    """Show all intervals as far as they are of use, and the line of no difference with room on either side."""
    lows = [one.low for bar in bars for one in bar.estimates]
    highs = [one.high for bar in bars for one in bar.estimates]
    return max(min([*lows, 0.8]), LEAST) / 1.05, min(max([*highs, 1.25]), MOST) * 1.05


def _bar(plot: "Axes", one: DrawnEffect, height: float) -> None:
    offset = 0.16 if one.own and one.others else 0.0
    if one.others:
        _estimate(
            plot, one.others, height - offset, {"color": OTHERS.colour, "marker": OTHERS.marker, "markersize": 3.5}
        )
    if one.own:
        fill = PENS[0].colour if one.is_named else BACKGROUND
        _estimate(plot, one.own, height + offset, {"color": PENS[0].colour, "markerfacecolor": fill, "markersize": 6})
    words: dict[str, Any] = {"va": "center", "parse_math": False, "clip_on": False}
    across = plot.get_yaxis_transform()
    label = one.label if len(one.label) <= LONGEST else one.label[: LONGEST - 1] + "…"
    plot.text(-0.03, height, legible(label), transform=across, ha="right", size=8.5, color=INK, **words)
    plot.text(1.03, height, _figures(one), transform=across, ha="left", size=8, color=FAINT, **words)


def _estimate(plot: "Axes", one: Estimate, height: float, look: dict[str, Any]) -> None:
    low, high = plot.get_xlim()
    left, right = max(one.low, low), min(one.high, high)
    colour = look["color"]
    plot.plot([left, right], [height, height], color=colour, linewidth=1.6, zorder=3, solid_capstyle="butt")
    for edge, cut, marker in ((left, one.low < low, "<"), (right, one.high > high, ">")):
        if cut:
            plot.plot([edge], [height], marker=marker, markersize=5, color=colour, zorder=4, clip_on=False)
    plot.plot([min(max(one.ratio, low), high)], [height], zorder=5, **({"marker": "o", "linestyle": "none"} | look))


def _figures(one: DrawnEffect) -> str:
    """Write ratio and interval; of others' beside it the ratio alone, for there is no more room."""
    own = f"x{one.own.ratio:.3g} ({one.own.low:.3g} to {one.own.high:.3g})" if one.own else ""
    theirs = f"others x{one.others.ratio:.3g}" if one.others else ""
    return "; ".join(filter(None, [own, theirs]))
