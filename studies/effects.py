"""Whether effects of parameters are found where they are planted, and nowhere else."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from civitai_engagement.modelling.effects import Effect, Effects, effects
from civitai_engagement.records.findings import EffectVerdict
from civitai_engagement.sandbox.planted import EFFECTS, PLANS, WorldName, WorldPlan
from studies.media import drawn, truth

NOTHING: Mapping[str, float] = {}
NULL = PLANS[WorldName.NULL]
PLANTED = replace(PLANS[WorldName.PLANTED], phrases=NOTHING)
OWN = replace(NULL, creators=1, days=360, level_spread=0.3)
UNEQUAL = 0.3
NULLS = {
    "usual": NULL,
    "viral": replace(NULL, viral=0.03),
    "heavy": replace(NULL, heavy_tails=True),
    "quiet": replace(NULL, level=4.0),
    "unequal": replace(NULL, effects=dict.fromkeys(EFFECTS, 1.0), differing=UNEQUAL),
}
CONFOUNDED = {
    name.value: PLANS[name] for name in (WorldName.CONFOUNDED_CREATOR, WorldName.CONFOUNDED_MODEL, WorldName.DRIFT)
}
PLANTEDS = {
    "usual": PLANTED,
    "viral": replace(PLANTED, viral=0.03),
    "heavy": replace(PLANTED, heavy_tails=True),
    "quiet": replace(PLANTED, level=4.0),
    "unequal": replace(PLANTED, differing=UNEQUAL),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One row beside the truth: a logarithm, none for what had no number."""

    row: Effect
    true: float

    @property
    def is_named(self) -> bool:
        return self.row.verdict in (EffectVerdict.MORE, EffectVerdict.LESS)

    @property
    def is_false(self) -> bool:
        """Whether it is named where nothing is, or with the wrong sign."""
        rises = self.row.verdict is EffectVerdict.MORE
        return self.is_named and (abs(self.true) < 1e-9 or rises != (self.true > 0))

    @property
    def is_covered(self) -> bool:
        low, high = self.row.low or 0.0, self.row.high or math.inf
        return low <= math.exp(self.true) <= high


@dataclass(frozen=True, slots=True)
class World:
    """One drawn world, judged."""

    seed: int
    rows: Sequence[Judged]
    found: Effects

    @property
    def has_false(self) -> bool:
        return any(one.is_false for one in self.rows)

    def false_share(self) -> float:
        named = [one for one in self.rows if one.is_named]
        return sum(one.is_false for one in named) / len(named) if named else 0.0

    def row(self, name: str, label: str = "") -> Judged | None:
        return next((one for one in self.rows if (one.row.parameter.name, one.row.label) == (name, label)), None)


def judged(plan: WorldPlan, seed: int) -> World:
    frame = drawn(plan, seed)
    found, true = effects(frame), truth(frame, plan)
    numbered = [row for row in found.rows if row.ratio is not None]
    rows = [Judged(row, true.get((row.parameter.name, row.label), 0.0)) for row in numbered]
    return World(seed, rows, found)


def worlds(plan: WorldPlan, seeds: Sequence[int]) -> Iterator[World]:
    return (judged(plan, seed) for seed in seeds)
