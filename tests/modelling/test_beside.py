"""One creator's own figure beside that of others."""

import math

import numpy as np
import pytest

from civitai_engagement.modelling.beside import LogRatio, combined, fits, spread_between
from civitai_engagement.modelling.poisson import fit, sample_of


def spread_of(differing: float, seed: int) -> float:
    """Draw sixty creators whose effect of one thing differs, and say by how much it seems to."""
    random = np.random.default_rng(seed)
    creators, posts_each, media_each = 60, 30, 3
    post = np.repeat(np.arange(creators * posts_each), media_each)
    creator = post // posts_each
    has = random.integers(0, 2, creators * posts_each)[post].astype(np.float64)
    effect = random.normal(0.2, differing, creators)[creator] if differing else np.full(len(post), 0.2)
    level = random.normal(3, 1, creators)[creator] + random.normal(0, 0.6, creators * posts_each)[post]
    counts = random.poisson(np.exp(level + effect * has)).astype(np.float64)
    made = fit(sample_of(counts, has[:, None], creator, creator, post))
    return spread_between(made, np.ones(1), post)


def test_what_differs_between_creators_is_told_and_what_does_not_is_near_none() -> None:
    assert np.mean([spread_of(0.3, seed) for seed in range(12)]) == pytest.approx(0.3, abs=0.08)
    assert np.mean([spread_of(0.0, seed) for seed in range(12)]) < 0.12


def test_one_creator_alone_says_nothing_of_what_is_between_them() -> None:
    counts, has = np.arange(1.0, 25), np.tile([0.0, 1.0], 12)
    one = np.zeros(24, dtype=np.int64)
    made = fit(sample_of(counts, has[:, None], one, one, np.arange(24)))
    assert spread_between(made, np.ones(1), np.arange(24)) == 0


def test_the_surer_figure_weighs_more_and_both_are_surer_together() -> None:
    own, others = LogRatio(0.5, 0.3), LogRatio(0.1, 0.05)
    together = combined(own, others, spread=0.1)
    assert 0.1 < together.value < 0.2
    assert together.error < min(own.error, math.hypot(0.05, 0.1))


def test_where_creators_differ_much_one_goes_by_their_own() -> None:
    own, others = LogRatio(0.5, 0.2), LogRatio(0.0, 0.05)
    assert combined(own, others, spread=3.0).value == pytest.approx(0.5, abs=0.01)
    assert combined(own, others, spread=0.0).value < 0.05


def test_an_interval_and_its_figure_are_one_another() -> None:
    ratio, low, high = LogRatio.of_interval(1.3, 1.0, 1.69).ratios()
    assert (round(ratio, 3), round(low, 3), round(high, 3)) == (1.3, 1.0, 1.69)


def test_a_figure_fits_others_within_what_chance_and_difference_allow() -> None:
    assert fits(LogRatio(0.5, 0.3), LogRatio(0.0, 0.05), spread=0.0)
    assert not fits(LogRatio(0.9, 0.2), LogRatio(0.0, 0.05), spread=0.1)
    assert fits(LogRatio(0.9, 0.2), LogRatio(0.0, 0.05), spread=0.5)
