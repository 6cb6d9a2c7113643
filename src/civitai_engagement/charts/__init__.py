"""Pictures of engagement over time: values in, PNG bytes out; nothing is read, fetched or kept here."""

from civitai_engagement.charts.chart import Chart, DrawnLine, DrawnPoint
from civitai_engagement.charts.effects import DrawnEffect, EffectChart, Estimate, draw_effects
from civitai_engagement.charts.picture import draw

__all__ = ["Chart", "DrawnEffect", "DrawnLine", "DrawnPoint", "EffectChart", "Estimate", "draw", "draw_effects"]
