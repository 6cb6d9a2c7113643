"""A number in three bands: effects bend, and a line alone does not show where."""

import math
from collections.abc import Mapping, Sequence
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


def bands(frame: Frame, names: Sequence[str]) -> dict[str, list[Band]]:
    """Compare the thirds of numbers, all else as in the model of the line; those without three are left out.

    The picture beside the lines that are tested, not a test of its own: numbers that are told by the same media are in
    one model, each in thirds, which takes one fit.
    """
    own = frame.only(frame.known(*(one.name for one in frame.parameters)))
    cuts = {name: cut for name in names if len(np.unique(cut := _cut(own, name))) == len(NAMES)}
    plain = {name: [_band(own, name, cut, place) for place in range(len(NAMES))] for name, cut in cuts.items()}
    told = _compared(_with_bands(own, cuts), plain) if cuts else {}
    return {name: [plain[name][0], *others] for name, others in told.items()}


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


def _with_bands(frame: Frame, cuts: Mapping[str, Codes]) -> Frame:
    """Put two flags in the place of each number."""
    places = [(name, place) for name in cuts for place in (1, 2)]
    flags = {_flag(name, place): (cuts[name] == place).astype(np.float64) for name, place in places}
    asked = [Parameter(flag, Measure.FLAG) for flag in flags]
    others = [one for one in frame.parameters if one.name not in cuts]
    return replace(frame, values={**frame.values, **flags}, parameters=(*others, *asked))


def _flag(name: str, place: int) -> str:
    return f"{name}: {NAMES[place]}"


def _compared(frame: Frame, plain: Mapping[str, Sequence[Band]]) -> dict[str, list[Band]]:
    made = design(frame, frame.parameters)
    lines = {one.parameter.name: line for one, line, _ in made.asked()}
    whole = {name: each[1:] for name, each in plain.items() if {_flag(name, 1), _flag(name, 2)} <= lines.keys()}
    if not whole:
        return {}
    fitted = fit(sample_of(frame.counts, made.columns, frame.blocks(), frame.clusters(), frame.posts))
    told = estimate(fitted, np.array([lines[_flag(name, place)] for name in whole for place in (1, 2)]))
    pairs = iter(zip(told.values, told.half_widths, strict=True))
    return {name: [_with_ratio(one, *next(pairs)) for one in each] for name, each in whole.items()}


def _with_ratio(one: Band, value: float, half: float) -> Band:
    return replace(one, ratio=math.exp(value), low=math.exp(value - half), high=math.exp(min(value + half, 700.0)))
