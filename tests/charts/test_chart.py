"""What a line knows of itself, and how it is thinned without telling anything untrue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.charts import Chart, DrawnLine, DrawnPoint
from civitai_engagement.errors import BadInput


def line(*values: int | None) -> DrawnLine:
    return DrawnLine("post 77", tuple(DrawnPoint(place, value) for place, value in enumerate(values)))


def values(one: DrawnLine) -> list[int | None]:
    return [point.y for point in one.points]


LEVELS = {
    "a level is its two ends": ((5, 5, 5, 5, 9), 10, [5, 5, 9]),
    "the sides of a break stay": ((1, 2, None, None, 7, 8), 10, [1, 2, None, 7, 8]),
    "a break at an end says nothing": ((None, 1, 2, None), 10, [1, 2]),
    "nothing known is no point": ((None, None), 10, []),
    "nothing is nothing": ((), 10, []),
    "one point is one point": ((4,), 10, [4]),
    "what does not fit is left out evenly": (tuple(range(100)), 5, [0, 17, 50, 82, 99]),
    "a break survives where there is no room for its sides": (
        (1, None, 2, None, 3, None, 4, None, 5),
        3,
        [1, None, 3, None, 5],
    ),
}


@pytest.mark.parametrize("name", LEVELS)
def test_thinning_leaves_out_what_a_straight_line_says_and_then_evenly(name: str) -> None:
    given_, most, kept = LEVELS[name]
    assert values(line(*given_).thinned(most)) == kept


def test_thinning_keeps_what_befell_the_counters() -> None:
    points = tuple(DrawnPoint(place, place * place, "fall" if place == 501 else "") for place in range(1000))
    thin = DrawnLine("post 77", points).thinned(20)
    assert DrawnPoint(501, 501 * 501, "fall") in thin.points
    assert len(thin.points) == 20


@given(st.lists(st.none() | st.integers(0, 5), max_size=80), st.integers(2, 30))
def test_a_thinned_line_joins_no_two_points_that_a_break_parts(numbers: list[int | None], most: int) -> None:
    whole, thin = line(*numbers), line(*numbers).thinned(most)
    parted = {point.x: place for place, stretch in enumerate(whole.stretches()) for point in stretch}
    assert set(thin.points) <= set(whole.points)
    assert all(len({parted[point.x] for point in stretch}) == 1 for stretch in thin.stretches())
    assert thin.known[:1] == whole.known[:1]
    assert thin.last == whole.last
    assert len(thin.known) <= most + 2


def test_a_line_names_its_breaks_and_its_last_value() -> None:
    assert line(1, None, None, 4, None).breaks() == [(0, 3)]
    assert line(1, None, None, 4, None).last == DrawnPoint(3, 4)
    assert line(None).last is None


def test_a_chart_takes_eight_lines_and_names_what_befell_them() -> None:
    fell = DrawnLine("a", (DrawnPoint(0, 5), DrawnPoint(1, 3, "fall"), DrawnPoint(2, 3, "missing")))
    assert Chart("t", "likes", "age", (fell,) * 8).events == ("fall", "missing")
    with pytest.raises(BadInput, match="9 lines are too many for one chart. Ask for 8 or fewer."):
        Chart("t", "likes", "age", (fell,) * 9)
