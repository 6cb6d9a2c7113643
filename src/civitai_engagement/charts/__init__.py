"""Pictures of engagement over time: values in, PNG bytes out; nothing is read, fetched or kept here."""

from civitai_engagement.charts.chart import Chart, Line, Point
from civitai_engagement.charts.picture import draw

__all__ = ["Chart", "Line", "Point", "draw"]
