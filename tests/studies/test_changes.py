"""The study of changes between periods, on few worlds."""

import pytest

from studies import changes
from studies.changes import CREATORS, Creator, holds
from studies.findings import Effort

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["usual posts", "heavy tail", "four posts at a time"])
def test_an_interval_holds_none_where_a_creator_goes_on_as_before(name: str) -> None:
    creator, _ = CREATORS[name]
    found = [changes.interval(creator, (7, 3.0), seed) for seed in range(60)]
    held = [holds((one.low, one.high)) for one in found if one.low is not None and one.high is not None]
    assert len(held) > 50
    assert sum(held) / len(held) >= 0.86


def test_it_sees_posts_that_get_six_times_as_much() -> None:
    found = [changes.interval(Creator(lift=6), (30, 1.0), seed) for seed in range(20)]
    assert sum(one.low is not None and one.low > 0 for one in found) >= 15


def test_every_figure_comes_with_how_many_it_rests_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "SPANS", ((7, 3.0),))
    found = changes.study(Effort(worlds=1, posts_at_hours=0, expeditions=0))
    assert len(found) == 4 * len(CREATORS) + 3
    assert all(one.n for one in found)
