"""Worlds by name, and what is planted in each: effects to be found, and what makes nothing look like something."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from types import MappingProxyType

from civitai_engagement.sandbox import phrases

EFFECTS: Mapping[str, float] = MappingProxyType(
    {
        "steps, per doubling": 1.3,
        "sampler DPM++ SDE": 1.5,
        "hires": 1.3,
        "lora softLight": 1.25,
        "base model Illustrious": 1.6,
        "base model SD 1.5": 0.7,
        "video": 1.5,
        "first of its post": 1.5,
    }
)
QUARTER = 90


class WorldName(StrEnum):
    """The worlds that statistics are tried on; `usual` is the one that was always there."""

    USUAL = "usual"
    NULL = "null"
    PLANTED = "planted"
    CONFOUNDED_CREATOR = "confounded-creator"
    CONFOUNDED_MODEL = "confounded-model"
    DRIFT = "drift"
    SURVIVORS = "survivors"
    VIRAL = "viral"


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """What is true of one world. Spreads are standard deviations of logarithms.

    `strong_use_more` lets creators with more reactions use more steps, hires and longer prompts; `lora_follows` lets
    one LoRA be used nearly only with the strongest base model; `growth` is what a creator's level is multiplied by
    from the first day to the last, while they move to another base model. Where flops vanish, their creators delete
    what has few reactions. `differing` is how much an effect differs between creators.
    `models` is how much checkpoints differ from each other; `own_models` how many of them a creator uses (0: any).
    """

    creators: int = 60
    posts: int = 1_860
    days: int = 2 * QUARTER
    effects: Mapping[str, float] = field(default_factory=dict)
    phrases: Mapping[str, float] = field(default_factory=dict)
    level: float = 40.0
    level_spread: float = 1.0
    post_spread: float = 0.7
    media_spread: float = 0.5
    viral: float = 0.0
    heavy_tails: bool = False
    differing: float = 0.0
    strong_use_more: bool = False
    lora_follows: bool = False
    growth: float = 1.0
    flops_vanish: bool = False
    models: float = 0.0
    own_models: int = 0


_PLANTED = WorldPlan(effects=EFFECTS, phrases=phrases.EFFECTS)
PLANS: Mapping[WorldName, WorldPlan] = MappingProxyType(
    {
        WorldName.NULL: WorldPlan(),
        WorldName.PLANTED: _PLANTED,
        WorldName.CONFOUNDED_CREATOR: WorldPlan(strong_use_more=True),
        WorldName.CONFOUNDED_MODEL: WorldPlan(effects={"base model Illustrious": 1.6}, lora_follows=True),
        WorldName.DRIFT: WorldPlan(growth=4.0, days=4 * QUARTER),
        WorldName.SURVIVORS: replace(_PLANTED, flops_vanish=True),
        WorldName.VIRAL: replace(_PLANTED, viral=0.03),
    }
)


def noise(random: Random, plan: WorldPlan) -> float:
    """Draw what chance does to one post: usually a log-normal, in some worlds now and then a runaway."""
    spread = random.gauss(0, 1)
    if plan.heavy_tails:  # Student's t with three degrees of freedom, scaled to the same standard deviation
        spread *= 1 / math.sqrt(sum(random.gauss(0, 1) ** 2 for _ in range(3)))
        spread = max(-6.0, min(6.0, spread))
    runaway = math.exp(min(random.expovariate(0.5), 6.0)) if random.random() < plan.viral else 1.0
    return math.exp(plan.post_spread * spread) * runaway


def poisson(random: Random, mean: float) -> int:
    """Draw a count (Knuth 1969 where small, else the normal approximation)."""
    if mean > 50:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    bound, count, product = math.exp(-mean), 0, random.random()
    while product > bound:
        count, product = count + 1, product * random.random()
    return count
