"""The words around a plot: title, what is counted, the key of the marks, doubts, source and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from civitai_engagement.charts.axes import begins_at_zero
from civitai_engagement.charts.chart import Chart
from civitai_engagement.charts.loading import load_plotting
from civitai_engagement.charts.palette import BACKGROUND, EVENTS, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 140  # characters of a note; more does not fit
MOST_NOTES = 2
MOST_TITLE = 70
_LEFT = 0.025
_TITLE, _SUBTITLE, _FOOT, _LINE = 0.375, 0.66, 0.125, 0.17  # inches from the edge, and between lines
_SOURCE = "Counters as Civitai showed them, observed by civitai-engagement"


@dataclass(frozen=True, slots=True)
class Heading:
    """The words above and below a plot."""

    title: str
    subtitle: str
    as_of: datetime | None = None
    notes: Sequence[str] = ()


def write(figure: "Figure", chart: Chart) -> None:
    """Write all words of a chart around its plot."""
    cut = "" if begins_at_zero(chart) else "; the axis does not begin at zero"
    head(figure, Heading(chart.title, f"{chart.counted}{cut}", chart.as_of, chart.notes))
    _key(figure, chart)


def head(figure: "Figure", words: Heading) -> None:
    """Write title, subtitle, doubts, source and time; they keep their distance from the edges in any height."""
    high = figure.get_figheight()
    _say(figure, 1 - _TITLE / high, words.title[:MOST_TITLE], size=13, color=INK, weight="bold")
    _say(figure, 1 - _SUBTITLE / high, words.subtitle, size=9.5, color=FAINT)
    notes = [note if len(note) <= LONGEST else note[: LONGEST - 1] + "…" for note in words.notes[:MOST_NOTES]]
    as_of = f" · as of {words.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if words.as_of else ""
    for place, line in enumerate(reversed([*notes, f"{_SOURCE}{as_of}"])):
        _say(figure, (_FOOT + _LINE * place) / high, line, size=7.5, color=FAINT)


def legible(text: str) -> str:
    """Write a box for what the font has no sign for."""
    known = _characters()
    return "".join(sign if ord(sign) in known else "□" for sign in text)


def _say(figure: "Figure", height: float, text: str, **style: Any) -> None:
    figure.text(_LEFT, height, legible(text), parse_math=False, **style)


def _key(figure: "Figure", chart: Chart) -> None:
    signs = [EVENTS[name] for name in chart.events if name in EVENTS]
    look: dict[str, Any] = {"markerfacecolor": BACKGROUND, "markeredgecolor": INK, "markersize": 7}
    line = load_plotting().Line2D
    handles = [line([], [], marker=sign.marker, linestyle="none", label=sign.meaning, **look) for sign in signs]
    if handles:
        figure.legend(
            handles=handles,
            loc="upper right",
            bbox_to_anchor=(0.985, 0.915),
            ncols=len(handles),
            frameon=False,
            fontsize=8.5,
            labelcolor=INK,
            handletextpad=0.1,
            columnspacing=1,
        )


@cache
def _characters() -> frozenset[int]:
    plotting = load_plotting()
    return frozenset(plotting.get_font(plotting.findfont(plotting.FontProperties())).get_charmap())
