"""What of matplotlib and Pillow draws here. Half a second to load, and an extra: only `load_plotting` imports it."""

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    MultipleLocator,
    NullFormatter,
    NullLocator,
)
from PIL import Image

__all__ = [
    "AutoDateLocator",
    "ConciseDateFormatter",
    "Figure",
    "FigureCanvasAgg",
    "FigureCanvasSVG",
    "FixedLocator",
    "FontProperties",
    "FuncFormatter",
    "Image",
    "Line2D",
    "MaxNLocator",
    "MultipleLocator",
    "NullFormatter",
    "NullLocator",
    "findfont",
    "get_font",
    "mpl",
]
