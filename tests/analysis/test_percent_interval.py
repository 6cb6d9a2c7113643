"""Between what the change from one period to the next lies, with posts as witnesses."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from civitai_engagement.analysis.percent_interval import PercentInterval, percent_interval
from civitai_engagement.records.periods import PeriodGain, PostPeriods

START = datetime(2026, 5, 6, tzinfo=UTC)


def post(hours: float | None, now: int | None, before: int | None) -> PostPeriods:
    born = None if hours is None else START + timedelta(hours=hours)
    return PostPeriods(1, born, START, (PeriodGain(now, is_whole=True), PeriodGain(before, is_whole=True)))


def drawn(seed: int, times: float = 1, n: int = 40) -> list[PostPeriods]:
    """Half of the posts gained in the one period, half in the other."""
    random = Random(seed)
    levels = [round(20 * random.paretovariate(1.5)) for _ in range(n)]
    halves = ((round(one * times), 0) if place % 2 else (0, one) for place, one in enumerate(levels))
    return [post(12 * place, *both) for place, both in enumerate(halves)]


def change(posts: list[PostPeriods]) -> float:
    now, before = (sum(one.gains[place].gain or 0 for one in posts) for place in (0, 1))
    return 100 * (now / before - 1)


@pytest.mark.parametrize("seed", range(20))
def test_it_holds_the_change_that_was_seen_and_is_always_the_same(seed: int) -> None:
    posts = [*drawn(seed, times=1 + seed % 3), post(None, 5, 7), post(None, -3, 2)]
    found = percent_interval(posts)
    assert found.low is not None
    assert found.high is not None
    assert -100 <= found.low <= change(posts) <= found.high
    assert found == percent_interval(list(posts))


def test_the_two_periods_exchanged_give_the_inverse() -> None:
    posts = drawn(7)
    turned = [PostPeriods(1, one.published_at, START, one.gains[::-1]) for one in posts]
    found, other = percent_interval(posts), percent_interval(turned)
    assert None not in (found.low, found.high, other.low, other.high)
    assert (1 + found.low / 100) * (1 + other.high / 100) == pytest.approx(1)  # type: ignore[operator] # not None
    assert (1 + found.high / 100) * (1 + other.low / 100) == pytest.approx(1)  # type: ignore[operator] # not None


def test_what_each_post_did_alike_is_sure_and_one_that_ran_away_is_not() -> None:
    alike = [post(12 * place, 30 + place, 20 + place) for place in range(20)]
    sure = percent_interval(alike)
    assert sure.low is not None
    assert sure.low > 25
    unsure = percent_interval([*alike, post(500, 2_000, 0)])
    assert unsure.low is not None
    assert unsure.high is not None
    assert (unsure.low < 40, unsure.high > 400) == (True, True)


def test_posts_published_together_are_one_witness() -> None:
    apart = [post(3 * place, 10, 5) for place in range(12)]
    close = [post(place, 10, 5) for place in range(12)]
    assert percent_interval(apart).reason is None
    assert percent_interval(close) == PercentInterval(
        reason="not enough posts apart in time that gained yet (1, needed are 10)"
    )


def test_posts_that_gained_nothing_are_no_witnesses_and_too_few_give_no_interval() -> None:
    still = [post(3 * place, 0, None) for place in range(50)]
    nine = [post(300 + 3 * place, 4, 4) for place in range(9)]
    assert (
        percent_interval([*still, *nine]).reason == "not enough posts apart in time that gained yet (9, needed are 10)"
    )
    assert percent_interval([]).reason == "not enough posts apart in time that gained yet (0, needed are 10)"


def test_where_one_period_rests_on_a_few_posts_there_is_none() -> None:
    one = [post(0, 0, 500), *(post(3 + 3 * place, 40, 0) for place in range(30))]
    assert percent_interval(one).reason == "what was gained in the period before came from too few posts"
    none = [post(3 * place, 0, 40) for place in range(30)]
    assert percent_interval(none).reason == "nothing was gained in the period"
