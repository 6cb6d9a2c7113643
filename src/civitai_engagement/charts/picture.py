"""Draw a chart as a PNG with matplotlib's Agg canvas; no pyplot, whose state all threads would share."""

import io
from typing import TYPE_CHECKING, Any

from civitai_engagement.charts import axes, ends, words
from civitai_engagement.charts.chart import Chart, DrawnLine, DrawnPoint
from civitai_engagement.charts.loading import load_plotting
from civitai_engagement.charts.palette import BACKGROUND, BORDER, EVENTS, FAINT, HOLE, INK, PENS, Pen

if TYPE_CHECKING:  # 0.5 s to load, and an extra: only who draws pays for it
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (9.0, 5.0)  # inches
DPI = 150  # 1350 x 750 pixels: sharp at 900 x 500 on a dense screen, and far below 100 kB
COLOURS = 128
MOST_POINTS = 160  # a line; more than that no eye tells apart
MOST_MARKERS = 16


def draw(chart: Chart, *, as_vectors: bool = False) -> bytes:
    """Give the chart as PNG bytes, or as SVG, the same bytes for the same chart.

    Raises:
        BadSetup: matplotlib is not installed.
    """
    figure, plot = _paper(chart)
    drawn = [(line.thinned(MOST_POINTS), pen) for line, pen in zip(chart.lines, PENS, strict=False) if line.known]
    axes.prepare(plot, chart)
    for line, pen in drawn:
        _line(plot, line, pen)
    if len(drawn) == 1:
        _holes(plot, drawn[0][0])
    if not drawn:
        plot.text(0.5, 0.5, "Nothing was observed.", transform=plot.transAxes, ha="center", color=FAINT)
    ends.label(plot, drawn)
    words.write(figure, chart)
    return printed(figure, as_vectors=as_vectors)


def _paper(chart: Chart) -> "tuple[Figure, Axes]":
    figure = figure_of(*SIZE)
    left, low = 0.075, 0.215
    wide = 1 - left - ends.margin(chart.lines) / SIZE[0]
    return figure, figure.add_axes((left, low, wide, 0.595), facecolor=BACKGROUND)


def figure_of(wide: float, high: float) -> "Figure":
    """Make an empty picture of so many inches.

    Raises:
        BadSetup: matplotlib is not installed.
    """
    look: dict[str, Any] = {"facecolor": BACKGROUND, "edgecolor": BORDER, "linewidth": 2}
    figure: Figure = load_plotting().Figure(figsize=(wide, high), dpi=DPI, **look)
    return figure


def printed(figure: "Figure", *, as_vectors: bool) -> bytes:
    """Give a picture as PNG or SVG bytes, the same for the same picture."""
    return _vectors(figure) if as_vectors else _bytes(figure)


def _bytes(figure: "Figure") -> bytes:
    """Write the picture with a palette: a third of the bytes, and nothing in them of the time or the program."""
    plotting = load_plotting()
    image = plotting.Image
    canvas = plotting.FigureCanvasAgg(figure)
    canvas.draw()
    drawn = image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    png = io.BytesIO()
    # The octree is a shade off where edges are smoothed, and takes a fifth of the time of the median cut.
    few = drawn.convert("RGB").quantize(COLOURS, method=image.Quantize.FASTOCTREE, dither=image.Dither.NONE)
    few.save(png, format="PNG")
    return png.getvalue()


def _vectors(figure: "Figure") -> bytes:
    """Write the picture as SVG; the marks of its parts are made from a fixed salt, not anew each time."""
    plotting = load_plotting()
    svg = io.BytesIO()
    with plotting.mpl.rc_context({"svg.hashsalt": "civitai-engagement", "svg.fonttype": "none"}):
        plotting.FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
    return svg.getvalue()


def _line(plot: "Axes", line: DrawnLine, pen: Pen) -> None:
    every = max(1, len(line.known) // MOST_MARKERS)
    style: dict[str, Any] = {"color": pen.colour, "linewidth": 1.8, "zorder": 3}
    if pen.dash:
        style["dashes"] = pen.dash
    for stretch in line.stretches():
        xs, ys = axes.places(stretch), [one.y or 0 for one in stretch]
        plot.plot(xs, ys, **style)
        shown = sorted({*range(0, len(xs), every), len(xs) - 1})
        plot.plot(
            xs, ys, linestyle="none", marker=pen.marker, markersize=4, color=pen.colour, markevery=shown, zorder=4
        )
    for one in line.known:
        if one.event in EVENTS:
            _event(plot, one)


def _event(plot: "Axes", one: DrawnPoint) -> None:
    look: dict[str, Any] = {"markerfacecolor": BACKGROUND, "markeredgecolor": INK, "markeredgewidth": 1.4}
    plot.plot(axes.places([one]), [one.y or 0], marker=EVENTS[one.event].marker, markersize=8, zorder=5, **look)


def _holes(plot: "Axes", line: DrawnLine) -> None:
    """Shade what was not observed; several lines have holes of their own, and show them as breaks."""
    wide = plot.get_xlim()[1] - plot.get_xlim()[0]
    for start, end in line.breaks():
        plot.axvspan(start / 24, end / 24, color=HOLE, linewidth=0, zorder=1)
        if (end - start) / 24 > wide / 8:
            middle = (start + end) / 48
            plot.text(
                middle, 0.5, "not observed", transform=plot.get_xaxis_transform(), ha="center", color=FAINT, size=8
            )
