import warnings

import numpy as np
import pytest

from civitai_engagement.modelling.arrays import Codes, Numbers, summed
from civitai_engagement.modelling.jackknife import deviations, effective_clusters, estimate
from civitai_engagement.modelling.multiple import adjusted
from civitai_engagement.modelling.poisson import Fit, Sample, fit, sample_of, without_runaways

TRUE = np.array([0.3, 0.0, -0.2])


def drawn(seed: int, *, media: int = 1200, blocks: int = 24, weighed: bool = True) -> Sample:
    random = np.random.default_rng(seed)
    block = random.integers(0, blocks, media)
    columns = random.normal(size=(media, 3)) + 0.3 * random.normal(size=blocks)[block][:, None]
    level = random.normal(2, 1, blocks)
    counts = random.poisson(np.exp(level[block] + columns @ TRUE)).astype(np.float64)
    posts = (np.arange(media) // 3).astype(np.int64)
    made = sample_of(counts, columns, block, block // 2, posts)
    if weighed:
        return made
    return Sample(made.counts, made.columns, made.blocks, made.clusters, np.ones(len(made.counts)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_unweighed_coefficients_and_errors_are_those_of_conditional_poisson(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        conditional = pytest.importorskip("statsmodels.discrete.conditional_models").ConditionalPoisson
        sample = drawn(seed, weighed=False)
        theirs = conditional(sample.counts.astype(int), sample.columns, groups=sample.blocks).fit(disp=0)
    ours = fit(sample)
    np.testing.assert_allclose(ours.coefficients, theirs.params, atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.inverse)), theirs.bse, rtol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_weighed_coefficients_are_those_of_a_model_with_every_level_in_it(seed: int) -> None:
    sample = drawn(seed)
    dummies = _dummies(sample.blocks)
    columns = np.column_stack([sample.columns, dummies])
    beta = np.r_[np.zeros(3), np.log(1 + sample.counts @ dummies / dummies.sum(axis=0))]
    for _ in range(50):
        means = np.exp(columns @ beta)
        score = columns.T @ (sample.weights * (sample.counts - means))
        beta = beta + np.linalg.solve(columns.T @ ((sample.weights * means)[:, None] * columns), score)
    np.testing.assert_allclose(fit(sample).coefficients, beta[:3], atol=1e-6)


def _dummies(blocks: Codes) -> Numbers:
    return np.asarray(blocks[:, None] == np.arange(blocks.max() + 1), np.float64)


def naive_deviations(made: Fit) -> Numbers:
    """Leave each cluster out in turn, and take one step of Newton's with all levels in the model."""
    sample = made.sample
    columns = np.column_stack([sample.columns, _dummies(sample.blocks)])
    found = []
    for cluster in range(int(sample.clusters.max()) + 1):
        kept = sample.clusters != cluster
        score = columns[kept].T @ made.residuals[kept]
        hessian = columns[kept].T @ (made.information[kept, None] * columns[kept])
        found.append((np.linalg.pinv(hessian, hermitian=True) @ score)[: sample.columns.shape[1]])
    return np.array(found)


@pytest.mark.parametrize("seed", range(3))
def test_leaving_out_whole_blocks_is_the_step_of_a_naive_fit(seed: int) -> None:
    made = fit(drawn(seed))
    np.testing.assert_allclose(deviations(made), naive_deviations(made), atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_leaving_out_posts_inside_blocks_is_the_step_of_a_naive_fit(seed: int) -> None:
    sample = drawn(seed, media=240, blocks=6)
    posts = np.unique(sample.blocks * 1000 + np.arange(len(sample.blocks)) % 9, return_inverse=True)[1]
    by_post = Sample(sample.counts, sample.columns, sample.blocks, posts.astype(np.int64), sample.weights)
    made = fit(by_post)
    np.testing.assert_allclose(deviations(made), naive_deviations(made), atol=1e-6)


def test_the_error_of_a_contrast_is_the_jackknife_of_its_combination() -> None:
    made = fit(drawn(1))
    contrasts = np.array([[1.0, 0, 0], [1, -1, 0]])
    told = estimate(made, contrasts)
    left_out = naive_deviations(made) @ contrasts.T
    count = len(left_out)
    np.testing.assert_allclose(told.errors, np.sqrt((count - 1) / count * (left_out**2).sum(axis=0)), rtol=1e-5)
    np.testing.assert_allclose(told.values, contrasts @ made.coefficients)


def test_equal_clusters_count_in_full_and_one_that_tells_all_counts_as_one() -> None:
    equal = fit(drawn(2, media=6000))
    assert effective_clusters(equal, np.eye(3)).min() > 11
    lone = drawn(3)
    columns = lone.columns.copy()
    columns[:, 0] = np.where(lone.clusters == 4, columns[:, 0], 0.0)
    alone = fit(Sample(lone.counts, columns, lone.blocks, lone.clusters, lone.weights))
    told = effective_clusters(alone, np.eye(3))
    assert told[0] == pytest.approx(1, abs=0.05)
    assert told[1] > 9


def test_a_column_of_one_cluster_leaves_the_errors_of_the_others_alone() -> None:
    lone = drawn(3)
    plain = estimate(fit(lone), np.eye(3))
    extra = np.where(lone.clusters == 4, np.random.default_rng(1).normal(size=len(lone.counts)), 0.0)
    both = Sample(lone.counts, np.column_stack([lone.columns, extra]), lone.blocks, lone.clusters, lone.weights)
    told = estimate(fit(both), np.eye(4))
    np.testing.assert_allclose(told.errors[:3], plain.errors, rtol=0.1)


def test_popular_creators_do_not_outweigh_the_others() -> None:
    sample = drawn(5)
    by_block = summed(sample.weights * sample.counts, sample.blocks, sample.block_count)
    loud = summed(sample.counts, sample.blocks, sample.block_count)
    assert loud.max() / loud.min() > 12
    assert by_block.max() / by_block.min() < 4


def test_one_runaway_post_moves_the_test_little_and_the_ratio_as_it_should() -> None:
    sample = drawn(6)
    counts = sample.counts.copy()
    counts[0] *= 400
    capped = without_runaways(counts, sample.blocks)
    assert capped[0] < counts[0] / 2
    assert (capped[1:] <= counts[1:]).all()
    assert without_runaways(np.array([1.0, 8, 9]), np.zeros(3, dtype=np.int64)).tolist() == [1, 8, 9]


def test_blocks_without_a_reaction_drop_out() -> None:
    blocks = np.array([0, 0, 1, 1], dtype=np.int64)
    kept = sample_of(np.array([0.0, 0, 2, 4]), np.ones((4, 1)), blocks, blocks, np.arange(4))
    assert (len(kept.counts), kept.block_count) == (2, 1)


def test_planted_coefficients_come_back() -> None:
    found = np.array([fit(drawn(seed)).coefficients for seed in range(20)])
    np.testing.assert_allclose(found.mean(axis=0), TRUE, atol=0.02)


def test_q_is_the_share_of_false_ones_among_all_as_small() -> None:
    chances = np.array([0.04, 0.001, 0.02, 0.9])
    np.testing.assert_allclose(adjusted(chances), [0.04 * 4 / 3, 0.004, 0.04, 0.9])
    assert adjusted(np.empty(0)).tolist() == []
    assert (adjusted(np.full(5, 0.03)) == 0.03).all()


def test_q_equals_what_scipy_says() -> None:
    stats = pytest.importorskip("scipy.stats")
    chances = np.random.default_rng(1).random(50) ** 2
    np.testing.assert_allclose(adjusted(chances), stats.false_discovery_control(chances))
