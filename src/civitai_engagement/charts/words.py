"""The words around a plot: title, what is counted, the key of the marks, doubts, source and time."""

from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

from civitai_engagement.charts.axes import begins_at_zero
from civitai_engagement.charts.chart import Chart
from civitai_engagement.charts.palette import BACKGROUND, EVENTS, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 140  # characters of a note; more does not fit
MOST_NOTES = 2
MOST_TITLE = 70
_LEFT = 0.025
_SOURCE = "Counters as Civitai showed them, observed by civitai-engagement"


def write(figure: "Figure", chart: Chart) -> None:
    """Write all words of a chart around its plot."""
    _say(figure, 0.925, chart.title[:MOST_TITLE], size=13, color=INK, weight="bold")
    cut = "" if begins_at_zero(chart) else "; the axis does not begin at zero"
    _say(figure, 0.868, f"{chart.counted}{cut}", size=9.5, color=FAINT)
    notes = [note if len(note) <= LONGEST else note[: LONGEST - 1] + "…" for note in chart.notes[:MOST_NOTES]]
    as_of = f" · as of {chart.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if chart.as_of else ""
    for place, line in enumerate(reversed([*notes, f"{_SOURCE}{as_of}"])):
        _say(figure, 0.025 + 0.034 * place, line, size=7.5, color=FAINT)
    _key(figure, chart)


def legible(text: str) -> str:
    """Write a box for what the font has no sign for."""
    known = _characters()
    return "".join(sign if ord(sign) in known else "□" for sign in text)


def _say(figure: "Figure", height: float, text: str, **style: Any) -> None:
    figure.text(_LEFT, height, legible(text), parse_math=False, **style)


def _key(figure: "Figure", chart: Chart) -> None:
    from matplotlib.lines import Line2D

    signs = [EVENTS[name] for name in chart.events if name in EVENTS]
    look: dict[str, Any] = {"markerfacecolor": BACKGROUND, "markeredgecolor": INK, "markersize": 7}
    handles = [Line2D([], [], marker=sign.marker, linestyle="none", label=sign.meaning, **look) for sign in signs]
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
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties())).get_charmap())
