"""A number in three bands: effects bend, and a line alone does not show where."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from civitai_engagement.modelling.arrays import Codes
from civitai_engagement.modelling.design import design
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.modelling.jackknife import estimate
from civitai_engagement.modelling.poisson import fit, sample_of
from civitai_engagement.records.findings import Measure

NAMES = ("low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Band:
    """One third of the media by a number: from where to where, and how they do beside the lowest third."""

    name: str
    least: float
    most: float
    media: int
    ratio: float = 1.0
    low: float | None = None
    high: float | None = None


def bands(frame: Frame, name: str) -> list[Band]:
    """Compare the thirds of one number, all else as in the model of the line; empty where there are no three.

    The picture beside the line that is tested, not a test of its own.
    """
    own = frame.only(frame.known(*(one.name for one in frame.parameters)))
    cut = _cut(own, name)
    if len(np.unique(cut)) < len(NAMES):
        return []
    plain = [_band(own, name, cut, place) for place in range(len(NAMES))]
    return [plain[0], *_compared(_with_bands(own, name, cut), name, plain[1:])]


def _cut(frame: Frame, name: str) -> Codes:
    """Cut as near to the thirds as can be where what is equal stays together; all in one band if there are no three."""
    levels, places, counts = np.unique(frame.values[name], return_inverse=True, return_counts=True)
    if len(levels) < len(NAMES):
        return np.zeros(len(frame), dtype=np.int64)
    reached = np.cumsum(counts) / counts.sum()
    first = int(np.argmin(np.abs(reached[:-2] - 1 / 3)))
    second = first + 1 + int(np.argmin(np.abs(reached[first + 1 : -1] - 2 / 3)))
    return np.asarray((places > first).astype(np.int64) + (places > second))


def _band(frame: Frame, name: str, cut: Codes, place: int) -> Band:
    inside = frame.values[name][cut == place]
    return Band(NAMES[place], float(inside.min()), float(inside.max()), len(inside))


def _with_bands(frame: Frame, name: str, cut: Codes) -> Frame:
    """Put two flags in the place of the number."""
    flags = {f"{name}: {NAMES[place]}": (cut == place).astype(np.float64) for place in (1, 2)}
    asked = [Parameter(flag, Measure.FLAG) for flag in flags]
    others = [one for one in frame.parameters if one.name != name]
    return replace(frame, values={**frame.values, **flags}, parameters=(*others, *asked))


def _compared(frame: Frame, name: str, plain: Sequence[Band]) -> list[Band]:
    made = design(frame, frame.parameters)
    wanted = {f"{name}: {one.name}": one for one in plain}
    asked = [(wanted[one.parameter.name], line) for one, line, _ in made.asked() if one.parameter.name in wanted]
    if not asked:
        return []
    fitted = fit(sample_of(frame.counts, made.columns, frame.blocks(), frame.clusters(), frame.posts))
    told = estimate(fitted, np.array([line for _, line in asked]))
    return [
        replace(one, ratio=math.exp(value), low=math.exp(value - half), high=math.exp(min(value + half, 700.0)))
        for (one, _), value, half in zip(asked, told.values, told.half_widths, strict=True)
    ]
