"""Pictures of engagement over time: values in, PNG bytes out; nothing is read, fetched or kept here."""

from civitai_engagement.charts.chart import Chart, DrawnLine, DrawnPoint
from civitai_engagement.charts.picture import draw

__all__ = ["Chart", "DrawnLine", "DrawnPoint", "draw"]
