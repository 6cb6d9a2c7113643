"""Models beside each other: each against the other media of the same creators, drawn in as far as it is unsure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from civitai_engagement.modelling.arrays import Mask, Numbers
from civitai_engagement.modelling.design import SideCounts, design, sides
from civitai_engagement.modelling.effects import LEAST_CLUSTERS
from civitai_engagement.modelling.frame import Frame
from civitai_engagement.modelling.jackknife import estimate, quantile
from civitai_engagement.modelling.poisson import fit, sample_of, with_reactions, without_runaways
from civitai_engagement.modelling.shrinkage import Shrunk, shrink
from civitai_engagement.records.findings import EffectVerdict

LEAST_MEDIA, LEAST_CREATORS, LEAST_POSTS = 20, 5, 8


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """One model: `raw` compares means of everybody's media, `ratio` media of the same creators, drawn in.

    The interval is of the drawn-in ratio; without enough media or creators there is none, nor a ratio.
    """

    name: str
    sides: SideCounts
    raw: float | None
    within: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: EffectVerdict = EffectVerdict.SHORT


@dataclass(frozen=True, slots=True)
class ComparedModels:
    """All models, and how much they differ at all: `spread` is the standard deviation of logarithms."""

    rows: Sequence[ComparedModel]
    spread: float | None
    shrunk: Shrunk | None
    order: tuple[str, ...]

    def chance_better(self, one: str, other: str) -> float | None:
        """Say how sure it is that one does better than another; None where either has too little."""
        if self.shrunk is None or not {one, other} <= set(self.order):
            return None
        return self.shrunk.chance_better(self.order.index(one), self.order.index(other))


@dataclass(frozen=True, slots=True)
class _Measured:
    value: float
    error: float


def compare_models(frame: Frame, used: Mapping[str, Mask]) -> ComparedModels:
    """Compare models by the media that used each; the frame's parameters are held equal.

    >>> compare_models(frame, {"harbourMix": versions == 500_002}).rows[0].ratio
    """
    kept = with_reactions(frame.counts, frame.blocks()) & frame.known(*(one.name for one in frame.parameters))
    places = frame.in_blocks(kept)
    heard = frame.only(places)
    masks = {name: mask[places] for name, mask in used.items()}
    measured = _measured(heard, masks)
    plain = {name: ComparedModel(name, sides(heard, mask), _raw(heard, mask)) for name, mask in masks.items()}
    if not measured:
        return ComparedModels(list(plain.values()), None, None, ())
    ones = measured.values()
    shrunk = shrink(np.array([one.value for one in ones]), np.array([one.error for one in ones]))
    low, high = shrunk.bounds()
    for place, name in enumerate(measured):
        bounds = (float(shrunk.values[place]), float(low[place]), float(high[place]))
        plain[name] = _told(plain[name], measured[name], bounds)
    return ComparedModels(list(plain.values()), shrunk.spread, shrunk, tuple(measured))


def _told(plain: ComparedModel, one: _Measured, bounds: tuple[float, float, float]) -> ComparedModel:
    value, low, high = bounds
    verdict = EffectVerdict.MORE if low > 0 else EffectVerdict.LESS if high < 0 else EffectVerdict.UNCERTAIN
    ratios = (math.exp(value), math.exp(low), math.exp(high))
    return ComparedModel(plain.name, plain.sides, plain.raw, math.exp(one.value), *ratios, verdict)


def _raw(frame: Frame, has: Mask) -> float | None:
    with_it, without = frame.counts[has], frame.counts[~has]
    if not len(with_it) or not len(without) or not without.mean():
        return None
    return float(with_it.mean() / without.mean())


def _measured(frame: Frame, used: Mapping[str, Mask]) -> dict[str, _Measured]:
    """Measure each model on its own, held beside the same controls."""
    if not len(frame):
        return {}
    controls = design(frame, frame.parameters).columns
    counts = without_runaways(frame.counts, frame.blocks())
    start = fit(sample_of(counts, controls, frame.blocks(), frame.clusters(), frame.posts)).coefficients
    found: dict[str, _Measured] = {}
    for name, has in used.items():
        if _are_enough(sides(frame, has), is_many=frame.is_many):
            one = _alone(frame, counts, np.column_stack([controls, has]), np.r_[start, 0.0])
            found |= {name: one} if one is not None else {}
    return found


def _alone(frame: Frame, counts: Numbers, columns: Numbers, start: Numbers) -> _Measured | None:
    """Measure the last column; its error is widened so that a normal with it is as wide as Student's t."""
    fitted = fit(sample_of(counts, columns, frame.blocks(), frame.clusters(), frame.posts), start)
    told = estimate(fitted, np.eye(columns.shape[1])[-1:])
    if told.clusters[0] < LEAST_CLUSTERS:
        return None
    widened = told.errors * quantile(0.975, told.freedom) / quantile(0.975, np.array([1e9]))
    return _Measured(float(told.values[0]), max(float(widened[0]), 1e-6))


def _are_enough(side: SideCounts, *, is_many: bool) -> bool:
    if min(side.media) < LEAST_MEDIA:
        return False
    return side.creators >= LEAST_CREATORS if is_many else min(side.posts) >= LEAST_POSTS
