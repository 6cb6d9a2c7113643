"""Clients that subscribe hear what any process on the same database changed."""

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from mcp.server.subscriptions import ResourceUpdated, ServerEvent

from civitai_engagement.errors import BadSetup
from civitai_engagement.server.events import LedgerEvents

if TYPE_CHECKING:
    from tests.house import House
    from tests.server.conftest import Program

URIS = ["post://77", "history://post/77", "changes://latest"]


async def until(uri: str, events: Any) -> list[str]:
    """Give what is heard until one URI is."""
    heard: list[str] = []
    async with asyncio.timeout(120):
        async for event in events:
            assert isinstance(event, ResourceUpdated)
            heard.append(event.uri)
            if event.uri == uri:
                return heard
    raise EOFError


async def test_a_subscriber_hears_what_another_process_observed_and_reads_it(house: "House") -> None:
    other = house.another()
    house.post(2)
    house.post(1, 78)
    async with house.client() as client:
        async with client.listen(resource_subscriptions=URIS) as events:
            await house.call("record_civitai_post", on=other, posts=["78"])
            assert await until("changes://latest", events) == ["changes://latest"]
            await house.call("record_civitai_post", on=other, posts=["77"])
            assert await until("changes://latest", events) == URIS
            house.advance(hours=1)
            await house.call("sync_post_asset_stats", on=other, civitai_post_id="77")  # nothing moved: nothing is told
            house.advance(hours=1)
            house.world.set_stats(int(house.ids()[0]), like=50, heart=1, comment=2)
            await house.call("sync_post_asset_stats", on=other, civitai_post_id="77")
            assert await until("changes://latest", events) == URIS
        [latest] = (await client.read_resource("changes://latest")).contents
        [history] = (await client.read_resource("history://post/77")).contents
        [image] = (await client.read_resource(f"history://image/{house.ids()[0]}")).contents
    told = [json.loads(one.model_dump()["text"]) for one in (latest, history, image)]
    assert told[0]["changes"][0]["gains"] == {"like": 49}
    assert [one["counters"][0] for one in (told[1]["steps"][-1], told[2]["steps"][-1])] == [52, 50]


async def test_what_was_missed_while_not_listening_is_made_up_for(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    events = LedgerEvents(house.runtime)
    now = house.clock.now()
    assert await events._changed_after(now - timedelta(hours=1)) == {77}
    assert await events._changed_after(now) == frozenset()


async def test_without_subscribers_nothing_is_listened_to(house: "House") -> None:
    listening = "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"

    async def number_is(number: int) -> None:
        async with asyncio.timeout(120):
            while await house.rows(listening) != [(number,)]:  # noqa: ASYNC110 # Postgres rings no bell
                await asyncio.sleep(0.01)

    events = LedgerEvents(house.runtime)
    await number_is(0)
    leave, leave_too = events.subscribe(lambda _: None), events.subscribe(lambda _: None)
    await number_is(1)
    leave()
    leave()
    await number_is(1)
    leave_too()
    await number_is(0)
    events.subscribe(lambda _: None)()


async def test_a_database_that_refuses_us_is_no_reason_to_fail(live: "House", caplog: pytest.LogCaptureFixture) -> None:
    async def refused() -> None:
        raise BadSetup("Wrong password.")

    live.runtime.store.alone = refused  # type: ignore[method-assign, assignment] # stands for a wrong password
    events = LedgerEvents(live.runtime)
    heard: list[ServerEvent] = []
    leave = events.subscribe(heard.append)
    for _ in range(10):
        await asyncio.sleep(0)
    assert "clients are not told of changes" in caplog.text
    await events.publish(ResourceUpdated(uri="post://1"))
    assert heard == [ResourceUpdated(uri="post://1")]
    leave()
    assert await events._changed_after(live.clock.now()) == frozenset()


@pytest.mark.slow
@pytest.mark.no_cover
async def test_two_processes_on_one_database_hear_each_other(ledger: "Program") -> None:
    async with ledger.client() as listener, ledger.client() as writer:
        async with listener.listen(resource_subscriptions=URIS) as events:
            await listener.call_tool("list_changes", {})
            recorded = await writer.call_tool("record_civitai_post", {"posts": ["77"]})
            assert not recorded.is_error
            assert "post://77" in await until("post://77", events)
            told = await listener.call_tool("get_engagement_history", {"post": "77"})
        assert not told.is_error
