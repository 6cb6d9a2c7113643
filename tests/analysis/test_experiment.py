"""What an experiment would cost."""

import math
from random import Random

import pytest

from civitai_engagement.analysis.experiment import FEWEST, NORMAL, chance_of_more, posts_a_side
from civitai_engagement.analysis.unknown import NotEnough


def log_normal(spread: float, count: int = 150) -> list[float]:
    random = Random(3)
    return [random.lognormvariate(3, spread) for _ in range(count)]


@pytest.mark.parametrize(("spread", "ratio"), [(0.6, 1.5), (0.8, 1.5), (0.8, 2.0), (1.0, 2.0)])
def test_it_takes_what_the_formula_for_a_log_normal_says(spread: float, ratio: float) -> None:
    beyond = 0.5 * (1 + math.erf(math.log(ratio) / spread / 2)) - 0.5
    wanted = NORMAL**2 / (3 * beyond**2) / 2
    assert posts_a_side(log_normal(spread), ratio) == pytest.approx(wanted, rel=0.2)


def test_so_many_posts_find_it_four_times_in_five() -> None:
    from scipy.stats import mannwhitneyu

    random = Random(5)
    side = posts_a_side(log_normal(0.8), 2.0)
    assert isinstance(side, int)
    found = 0
    for _ in range(400):
        plain, raised = ([random.lognormvariate(3, 0.8) * times for _ in range(side)] for times in (1.0, 2.0))
        found += mannwhitneyu(plain, raised).pvalue < 0.05
    assert 0.72 < found / 400 < 0.88


def test_ties_count_half_and_a_ratio_of_one_beats_nobody() -> None:
    assert chance_of_more([5, 5, 5], 1.0) == 0.5
    assert chance_of_more([0, 0, 0], 3.0) == 0.5
    assert chance_of_more([1, 2, 3], 1.0) == 0.5
    assert posts_a_side([0] * 30, 2.0) is None


def test_few_posts_say_nothing_of_what_it_would_cost() -> None:
    assert isinstance(posts_a_side([3.0] * (FEWEST - 1), 2.0), NotEnough)
