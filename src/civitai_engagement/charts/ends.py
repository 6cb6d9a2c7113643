"""The name and last value of each line, beside its end: nobody has to look up a colour in a legend."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civitai_engagement.charts.chart import DrawnLine
from civitai_engagement.charts.palette import INK, Pen
from civitai_engagement.charts.words import legible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 24  # characters of a name
_APART = 0.068  # of the height of the plot
_LETTER = 0.077  # inches
_MARKER, _NAME = 1.035, 1.055  # of the width of the plot


def margin(lines: Sequence[DrawnLine]) -> float:
    """Say how many inches the labels need beside the plot."""
    return 0.55 + _LETTER * max((len(_text(line)) for line in lines), default=0)


def label(plot: "Axes", drawn: Sequence[tuple[DrawnLine, Pen]]) -> None:
    """Write a label for each line that has a value, none over another, each led to by a thin line of its colour."""
    low, high = plot.get_ylim()
    wanted = [((line.known[-1].y or 0) - low) / (high - low) for line, _ in drawn]
    for (line, pen), height in zip(drawn, spread(wanted, apart=_APART), strict=True):
        _leader(plot, line, pen, height)
        look: dict[str, Any] = {"marker": pen.marker, "markersize": 5, "color": pen.colour}
        plot.plot([_MARKER], [height], transform=plot.transAxes, clip_on=False, **look)
        words: dict[str, Any] = {"va": "center", "size": 9, "color": INK, "parse_math": False}
        plot.text(_NAME, height, legible(_text(line)), transform=plot.transAxes, **words)


def _leader(plot: "Axes", line: DrawnLine, pen: Pen, height: float) -> None:
    end = line.known[-1]
    look = {"linestyle": (0, (1, 4)), "color": pen.colour, "linewidth": 1, "alpha": 0.6}
    plot.annotate(
        "",
        xy=(end.x / 24, end.y or 0),
        xytext=(_MARKER, height),
        textcoords="axes fraction",
        arrowprops={"arrowstyle": "-", "shrinkA": 0, "shrinkB": 4, **look},
        annotation_clip=False,
    )


def spread(wanted: Sequence[float], *, apart: float) -> list[float]:
    """Move heights (0 to 1) as little as keeps them `apart`, in their order."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    heights = [wanted[place] for place in order]
    for place in range(1, len(heights)):
        heights[place] = max(heights[place], heights[place - 1] + apart)
    limit = 1.0
    for place in reversed(range(len(heights))):
        heights[place] = min(heights[place], limit)
        limit = heights[place] - apart
    moved = dict(zip(order, heights, strict=True))
    return [moved[place] for place in range(len(wanted))]


def _text(line: DrawnLine) -> str:
    name = line.name if len(line.name) <= LONGEST else line.name[: LONGEST - 1] + "…"
    return f"{name}  {line.last.y:,}" if line.last else name
