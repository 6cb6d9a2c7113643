"""Drawn creators whose media tell how they were made: twice the steps bring so much more, nothing else does."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from civitai_engagement.records.features import Features, MadeRow

BORN = datetime(2026, 5, 1, tzinfo=UTC)
STEPS, MODELS = (15, 20, 30, 40), ("harbour", "lantern")


def made(
    creators: int = 30, posts: int = 20, *, doubled: float = 1.5, shown: float = 0.7, seed: int = 1, first: int = 0
) -> list[MadeRow]:
    """Draw one media a post; of `shown` of them the metadata tell something."""
    return list(_drawn(Random(seed), range(first, first + creators), posts, math.log2(doubled), shown))


def _drawn(random: Random, creators: range, posts: int, power: float, shown: float) -> Iterator[MadeRow]:
    for creator in creators:
        level = 40 * random.lognormvariate(0, 1)
        for post in range(posts):
            steps, tells = random.choice(STEPS), random.random() < shown
            usual = random.lognormvariate(0, 0.4) * level
            count = round(usual * (steps / 20) ** power) if tells else round(usual)
            born = BORN + timedelta(days=random.random() * 80)
            features = _features(random, steps) if tells else Features(has_parameters=False)
            yield MadeRow(count, 1000 * creator + post, f"maker_{creator}", born, "image", 1, 1, 1, features)


def _features(random: Random, steps: int) -> Features:
    plain = Features(has_parameters=True, steps=steps, cfg=random.choice((4.0, 7.0)), loras=())
    return replace(plain, checkpoint=random.choice(MODELS), is_seed_odd=random.random() < 0.5)
