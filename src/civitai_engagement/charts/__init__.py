"""Pictures of engagement over time: values in, PNG bytes out; nothing is read, fetched or kept here."""

from civitai_engagement.charts.chart import Chart, Line, Point
from civitai_engagement.charts.effects import Bar, EffectChart, Estimate, draw_effects
from civitai_engagement.charts.picture import draw

__all__ = ["Bar", "Chart", "EffectChart", "Estimate", "Line", "Point", "draw", "draw_effects"]
