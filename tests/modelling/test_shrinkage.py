import numpy as np
import pytest

from civitai_engagement.modelling.shrinkage import PRIOR_SPREAD, SPREADS, shrink

VALUES = np.array([0.8, 0.1, -0.3, 0.0, 0.4])
ERRORS = np.array([0.4, 0.1, 0.2, 0.3, 0.15])


def test_the_posterior_is_that_of_a_naive_integration() -> None:
    """Go through every spread and common mean on a grid, and weigh each by its likelihood."""
    middles = np.linspace(-3, 3, 1201)
    spreads, centre = np.meshgrid(SPREADS[1:], middles, indexing="ij")
    variances = ERRORS**2 + spreads[..., None] ** 2
    misfit = ((VALUES - centre[..., None]) ** 2 / variances + np.log(variances)).sum(axis=-1)
    heights = np.exp(-misfit / 2 - (spreads / PRIOR_SPREAD) ** 2 / 2)
    held = ERRORS**2 / variances
    means = VALUES * (1 - held) + held * centre[..., None]
    naive = (heights[..., None] * means).sum(axis=(0, 1)) / heights.sum()
    np.testing.assert_allclose(shrink(VALUES, ERRORS).values, naive, atol=0.01)


def test_what_is_unsure_is_drawn_in_most() -> None:
    told = shrink(VALUES, ERRORS)
    kept = np.abs(told.values - told.values.mean()) / np.abs(VALUES - VALUES.mean())
    assert kept[0] < kept[4]
    assert told.values[0] < VALUES[0]


@pytest.mark.slow
def test_an_interval_holds_its_share_whatever_the_models_differ_by() -> None:
    random = np.random.default_rng(1)
    held = []
    for _ in range(300):
        errors = random.uniform(0.1, 0.5, 12)
        true = random.normal(0.1, abs(random.normal(0, PRIOR_SPREAD)), 12)
        low, high = shrink(random.normal(true, errors), errors).bounds()
        held += list((low <= true) & (true <= high))
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_models_that_do_not_differ_are_not_told_apart() -> None:
    random = np.random.default_rng(2)
    named = 0
    for _ in range(100):
        errors = random.uniform(0.1, 0.5, 20)
        low, high = shrink(random.normal(0, errors), errors).bounds()
        named += int(((low > 0) | (high < 0)).any())
    assert named < 10


def test_of_two_models_one_is_better_by_its_chance() -> None:
    told = shrink(VALUES, ERRORS)
    assert told.chance_better(4, 2) > 0.9
    assert told.chance_better(4, 2) + told.chance_better(2, 4) == pytest.approx(1)
    assert told.chance_better(1, 3) == pytest.approx(0.6, abs=0.15)


def test_the_spread_between_models_is_told() -> None:
    random = np.random.default_rng(3)
    errors = np.full(200, 0.1)
    assert shrink(random.normal(0, np.hypot(0.3, 0.1), 200), errors).spread == pytest.approx(0.3, abs=0.05)
