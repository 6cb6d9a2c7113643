"""What is typical of media that come in posts."""

import math
from random import Random

import pytest

from civitai_engagement.analysis.alike import Typical, typical_of_posts
from civitai_engagement.analysis.baseline import Baseline, baseline
from civitai_engagement.analysis.unknown import NotEnough


def world(random: Random, posts: int, each: int) -> list[tuple[float, int]]:
    """Media whose posts differ more than they do within one: true median 20."""
    values = []
    for post in range(posts):
        level = 3 + random.gauss(0, 0.7)
        values += [(round(math.exp(level + random.gauss(0, 0.4))) * 1.0, post) for _ in range(each)]
    return values


def test_media_with_a_post_each_have_the_interval_of_single_values() -> None:
    values = [float(value) for value in range(1, 31)]
    alone = baseline(values)
    assert isinstance(alone, Baseline)
    found = typical_of_posts([(value, post) for post, value in enumerate(values)])
    assert found == Typical(30, 30, alone.median, alone.low, alone.high)


@pytest.mark.parametrize("posts", [1, 2])
def test_media_of_one_post_or_two_have_a_median_without_an_interval(posts: int) -> None:
    found = typical_of_posts([(float(value), value % posts) for value in range(40)])
    assert found == Typical(40, posts, 19.5, None, None)


def test_a_few_posts_each_on_its_own_level_tell_no_interval_and_many_a_wider_one() -> None:
    few = typical_of_posts([(100.0 * post + value, post) for post in range(5) for value in range(10)])
    many = [(100.0 * post + value, post) for post in range(20) for value in range(10)]
    alone, found = baseline([value for value, _ in many]), typical_of_posts(many)
    assert isinstance(few, Typical)
    assert (few.low, few.high) == (None, None)
    assert isinstance(alone, Baseline)
    assert isinstance(found, Typical)
    assert found.low is not None
    assert found.high is not None
    assert found.low < alone.low < found.median < alone.high < found.high


def test_under_ten_media_tell_nothing() -> None:
    assert typical_of_posts([(1.0, value) for value in range(9)]) == NotEnough(9, 10)


def test_kinds_that_do_not_differ_are_seldom_told_apart_however_alike_the_media_of_a_post_are() -> None:
    """In 100 worlds each; intervals of single media would not touch in 15 to 27 % of them."""
    for posts, each in ((5, 10), (8, 6), (20, 10)):
        apart = 0
        for seed in range(100):
            random = Random(seed)
            one, other = (typical_of_posts(world(random, posts, each)) for _ in range(2))
            assert isinstance(one, Typical)
            assert isinstance(other, Typical)
            if None not in (one.low, other.low):
                apart += max(one.low or 0, other.low or 0) > min(one.high or 0, other.high or 0)
        assert apart <= 3, (posts, each)
