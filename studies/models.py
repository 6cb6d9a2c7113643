"""Whether models come out in their true order, and with intervals that hold the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from civitai_engagement.modelling.arrays import Mask, Numbers
from civitai_engagement.modelling.design import design
from civitai_engagement.modelling.frame import Frame
from civitai_engagement.modelling.models import compare_models
from civitai_engagement.modelling.poisson import fit, sample_of
from civitai_engagement.records.findings import EffectVerdict
from civitai_engagement.sandbox.catalogue import ModelVersion
from civitai_engagement.sandbox.habits import Population
from civitai_engagement.sandbox.planted import WorldPlan
from civitai_engagement.sandbox.posting import BASES
from studies.media import ALWAYS, PARAMETERS, frame_of

BORN = datetime(2026, 1, 1, tzinfo=UTC)
OF_A_BASE = 12
VERSIONS = (
    *(ModelVersion(1 + n, 1 + n, f"model {n}", "v1", base, BORN) for n, base in enumerate(BASES * OF_A_BASE)),
    ModelVersion(901, 901, "softLight", "v1", BASES[0], BORN, type="LORA"),
)
USUAL = WorldPlan(creators=100, posts=3_100, models=0.2, own_models=8)
PLANS = {"usual": USUAL, "viral": replace(USUAL, viral=0.03), "null": replace(USUAL, models=1e-12)}


@dataclass(frozen=True, slots=True)
class Order:
    """One world: of each model the truth, the shrunk and the naive logarithm, whether its interval holds, its name."""

    true: Sequence[float]
    shrunk: Sequence[float]
    naive: Sequence[float]
    held: Sequence[bool]
    named: Sequence[int]

    @property
    def wrong(self) -> int:
        """Count those named with the wrong sign."""
        return sum(sign * true < 0 for sign, true in zip(self.named, self.true, strict=True))

    @property
    def gain(self) -> float:
        """Say by how much the rank correlation with the truth beats the naive mean's."""
        return _ranked(self.shrunk, self.true) - _ranked(self.naive, self.true)


def judged(plan: WorldPlan, seed: int) -> Order:
    population = Population(plan, seed, VERSIONS)
    posts = list(population.posts())
    controls = replace(frame_of(posts), parameters=PARAMETERS[:ALWAYS])
    names = np.array([one.making.version.model_name for post in posts for one in post.media])
    used = {name: names == name for name in population.lifts}
    lifts = np.array([math.log(population.lifts[name]) for name in names])
    found = [row for row in compare_models(controls, used).rows if row.ratio and row.raw and row.low and row.high]
    true = [_true(controls, used[row.name], lifts) for row in found]
    signs = {EffectVerdict.MORE: 1, EffectVerdict.LESS: -1}
    return Order(
        true,
        [math.log(row.ratio or 1) for row in found],
        [math.log(row.raw or 1) for row in found],
        [(row.low or 0) <= math.exp(value) <= (row.high or 0) for row, value in zip(found, true, strict=True)],
        [signs.get(row.verdict, 0) for row in found],
    )


def _true(frame: Frame, has: Mask, lifts: Numbers) -> float:
    """Give the ratio one model would show if nothing were left to chance: the same fit to what is expected."""
    columns = np.column_stack([design(frame, frame.parameters).columns, has])
    expected = np.exp(lifts)
    return float(fit(sample_of(expected, columns, frame.blocks(), frame.clusters(), frame.posts)).coefficients[-1])


def _ranked(one: Sequence[float], other: Sequence[float]) -> float:
    first, second = (np.argsort(np.argsort(np.array(values))) for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])
