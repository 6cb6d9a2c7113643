"""What a live answer falls back to when the second look, or the database, is not to be had."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from tests.house import House

FETCH = "fetch_civitai_post_assets"


async def test_when_asking_again_fails_the_first_answer_stands_without_what_is_doubted(house: "House") -> None:
    items = house.post(3)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(minutes=5)
    house.world.set_stats(items[1].id, like=0, heart=0, comment=0)
    house.world.set_stats(items[2].id, like=30)
    await house.arm("slow", seconds=0, times=1)
    await house.arm("region-blocked")
    answer = await house.good(FETCH, post_id=77)
    assert [row["engagement_stats"] and row["engagement_stats"]["like"] for row in answer["assets"]] == [1, None, 30]
    assert not answer["is_stored"]


async def test_when_asking_again_fails_and_nothing_was_believed_the_recorded_numbers_are_shown(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(minutes=5)
    await house.arm("zero-stats", times=1)
    await house.arm("region-blocked")
    answer = await house.good(FETCH, post_id=77)
    assert [row["engagement_stats"]["like"] for row in answer["assets"]] == [1, 2, 3]
    assert answer["is_stored"]


async def test_a_database_that_refuses_us_costs_no_live_answer(house: "House") -> None:
    items = house.post(3)
    house.world.set_stats(items[0].id, like=0, heart=0, comment=0)
    house.restart(database_url=SecretStr(house.database_url.replace("/test_", "/absent_")))
    answer = await house.good(FETCH, post_id=77)
    assert answer["totals"]["stats"]["like"] == 5


async def test_without_civitai_and_database_the_answer_is_about_civitai(house: "House") -> None:
    house.post(3)
    house.restart(database_url=SecretStr(house.database_url.replace("/test_", "/absent_")))
    await house.arm("region-blocked")
    told = await house.call(FETCH, post_id=77)
    assert told.is_error
    assert "Civitai" in told.text
    assert "DATABASE_URL" not in told.text
