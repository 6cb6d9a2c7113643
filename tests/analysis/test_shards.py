"""How a plan is cut into shards."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.analysis.planner import DueImage, DuePost, plan
from civitai_engagement.analysis.shards import RefreshPlan

CREATORS = ("ana", "bo", None)
posts = st.lists(
    st.builds(
        DuePost,
        st.integers(1, 500),
        st.sampled_from(CREATORS),
        st.integers(1, 30),
        st.just(30),
        st.floats(0, 100),
        st.sampled_from(["young", "old", "sampled"]),
    ),
    max_size=60,
    unique_by=lambda one: one.post_id,
)
images = st.lists(
    st.builds(DueImage, st.integers(1, 500), st.floats(0, 9), st.just("old")),
    max_size=30,
    unique_by=lambda one: one.image_id,
)


@given(posts, images, st.integers(1, 200), st.booleans(), st.integers(1, 9))
def test_every_due_thing_of_a_plan_stands_in_one_shard_and_the_allowance_is_divided_whole(
    posts: list[DuePost], images: list[DueImage], budget: int, ids_supported: bool, most: int
) -> None:
    asks = plan([*posts, *images], {"ana": 900}, budget=budget, ids_supported=ids_supported).asks
    shards = RefreshPlan({}, asks, budget).shards(most)
    covered = [one.key for shard in shards for ask in shard.asks for one in ask.covers]
    assert sorted(covered) == sorted(one.key for ask in asks for one in ask.covers)
    assert len(shards) <= most
    assert all(shard.asks for shard in shards)
    assert sum(shard.allowance for shard in shards) == (budget if shards else 0)


@pytest.mark.parametrize("ids_supported", [True, False])
def test_two_thousand_media_make_eight_shards_of_about_the_same_cost_however_they_are_asked_for(
    ids_supported: bool,
) -> None:
    due = [DuePost(number, None, 10, 10, 1.0, "young") for number in range(200)]
    asks = plan(due, {}, budget=2000, ids_supported=ids_supported).asks
    shards = RefreshPlan({}, asks, 2000).shards(8)
    costs = [sum(ask.cost for ask in shard.asks) for shard in shards]
    assert len(shards) == 8
    assert max(costs) - min(costs) <= 1
    assert all(shard.allowance >= cost for shard, cost in zip(shards, costs, strict=True))


def test_one_shard_asks_what_the_plan_does_in_its_order_and_with_all_its_requests() -> None:
    due = [DuePost(number, None, 1, 1, float(number % 5), "young") for number in range(20)]
    asks = plan(due, {}, budget=50).asks
    [only] = RefreshPlan({}, asks, 50).shards(1)
    assert list(chain(only.asks)) == list(asks)
    assert only.allowance == 50
