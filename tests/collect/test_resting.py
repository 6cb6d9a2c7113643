"""Media that rest as strangers' do, until somebody records or follows them."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

REST = "update image_tracking set source = 'sampled', next_due_at = null"
FOLLOWED = "select distinct source, next_due_at > $1, next_due_at <= $1 from image_tracking"


async def test_what_rested_is_looked_at_again_once_it_is_recorded(collector: "Collector") -> None:
    house = collector.house
    house.post(2, published_at=house.clock.now() - timedelta(days=100))
    await house.good("record_civitai_post", posts=["77"])
    await house.run(REST)
    house.advance(hours=1)
    await house.good("record_civitai_post", posts=["77"])
    assert await house.rows(FOLLOWED, house.clock.now()) == [("recorded", True, False)]
    run = await collector.refresh(days=8)
    assert run.observed == 2


async def test_what_rested_is_looked_at_at_once_when_its_post_is_recorded_by_hand(collector: "Collector") -> None:
    house = collector.house
    house.post(2)
    await collector.tick()  # found among the newest
    await house.run(REST)
    await house.good(
        "create_civitai_post", civitai_id="77", civitai_url="https://civitai.com/posts/77", title="By hand"
    )
    assert await house.rows(FOLLOWED, house.clock.now()) == [("watched", False, True)]


async def test_a_deleted_post_is_not_looked_at_hourly_any_more(collector: "Collector") -> None:
    house = collector.house
    house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await house.good("delete_recording", kind="post", id="77")
    await collector.tick(hours=1)  # what was due stays due once
    await house.forget()
    for _ in range(2):
        await collector.tick(hours=1)
    assert "77" not in [dict(one["query"]).get("postId") for one in await house.asked()]
    assert await house.rows("select source, state from image_tracking") == [("sampled", "present")] * 2
