from datetime import UTC, datetime

import pytest

from civitai_engagement.analysis.curves import HOUR
from civitai_engagement.analysis.shape import HalfLife, Pace, Shape, growth_shape, half_life
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from studies.worlds import kept

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)
Looks = list[tuple[float, int]]


def test_half_is_reached_on_the_line_between_the_two_looks_around_it() -> None:
    curve = kept(BORN, [(1, 2), (2, 5), (3, 10), (4, 30), (72, 40)])

    assert half_life(curve) == HalfLife(3.5 * HOUR, 3 * HOUR, 4 * HOUR, total=40)


def test_half_is_of_the_total_at_the_horizon_not_at_the_end() -> None:
    curve = kept(BORN, [(4, 10), (6, 20), (24, 30), (70, 36), (74, 40), (200, 900)])

    assert half_life(curve) == HalfLife(5.8 * HOUR, 4 * HOUR, 6 * HOUR, total=38)
    assert half_life(curve, 24 * HOUR) == HalfLife(5 * HOUR, 4 * HOUR, 6 * HOUR, total=30)


@pytest.mark.parametrize(
    ("looks", "answer"),
    [
        ([(4, 10), (48, 90)], NotObserved("last observed at 48 h of age, before 3 d", low=90)),
        ([(4, 5), (72, 9)], NotEnough(9, 10, "reactions")),
        ([(2, 3), (30, 50), (72, 60)], NotObserved("nothing was observed between 2 h and 30 h of age", 2, 30)),
        ([], NotObserved("nothing was observed yet", low=0)),
        ([(-1, 20), (100, 20)], NotObserved("half of it was there at publication already")),
        ([(-1, 20), (4, 30), (72, 40)], NotObserved("half of it was there at publication already")),
    ],
)
def test_no_half_life_is_given_to_what_is_young_quiet_or_seldom_seen(
    looks: Looks, answer: NotObserved | NotEnough
) -> None:
    assert half_life(kept(BORN, looks)) == answer


@pytest.mark.parametrize(
    ("looks", "shape"),
    [
        ([(4, 25), (24, 40), (72, 50)], Shape(Pace.EARLY, 0.5, 0.8, 50)),
        ([(4, 10), (24, 45), (72, 50)], Shape(Pace.STEADY, 0.2, 0.9, 50)),
        ([(4, 2), (24, 20), (72, 50)], Shape(Pace.LATE, 0.04, 0.4, 50)),
    ],
)
def test_how_a_post_grew_is_told_by_two_shares(looks: Looks, shape: Shape) -> None:
    assert growth_shape(kept(BORN, looks)) == shape


@pytest.mark.parametrize(
    ("before", "after", "pace"),
    [(30, 40, Pace.EARLY), (5, 20, Pace.STEADY), (20, 40, Pace.WITHIN_A_DAY)],
)
def test_where_4_h_was_not_observed_the_looks_around_it_may_still_tell(before: int, after: int, pace: Pace) -> None:
    shape = growth_shape(kept(BORN, [(3, before), (6, after), (24, 45), (72, 50)]))

    reason = "nothing was observed between 3 h and 6 h of age"
    assert shape == Shape(pace, NotObserved(reason, before / 50, after / 50), 0.9, 50)


def test_no_shape_is_given_to_what_is_young_quiet_or_was_not_seen_at_24_h() -> None:
    assert isinstance(growth_shape(kept(BORN, [(4, 10), (71, 90)])), NotObserved)
    assert growth_shape(kept(BORN, [(4, 5), (24, 6), (72, 9)])) == NotEnough(9, 10, "reactions")
    assert growth_shape(kept(BORN, [(10, 10), (40, 90), (72, 99)])) == NotObserved(
        "nothing was observed between 10 h and 40 h of age", 10, 90
    )
