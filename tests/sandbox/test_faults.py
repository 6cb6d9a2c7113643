from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from civitai_engagement.errors import BadInput
from civitai_engagement.sandbox import Counts, Growth, Item, Pinned, Weibull, World
from civitai_engagement.sandbox.faults import Arming, Faults
from civitai_engagement.sandbox.mischief import CATALOGUE

from .conftest import Arm, Ask

SEARCH = "Image search is temporarily overloaded — please retry."
FEED = "Image feed is temporarily overloaded — please retry."


@pytest.fixture
def world() -> World:
    world = World.empty()
    items = [Item(id=number, counters=Pinned(Counts(like=20 - number, comment=2))) for number in range(1, 7)]
    world.add_post(post_id=7, username="ana", items=items)
    world.add_post(post_id=8, username="Boreal", items=[Item(id=50, counters=Pinned(Counts(like=99)))])
    return world


def ids(answer: httpx.Response) -> list[int]:
    return [item["id"] for item in answer.json()["items"]]


def stats(answer: httpx.Response) -> list[dict[str, int]]:
    return [item["stats"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("busy", {"error": "Server busy, please retry shortly."}),
        ("search-overloaded", {"error": SEARCH, "code": "SERVICE_UNAVAILABLE"}),
        ("feed-overloaded", {"error": FEED, "code": "SERVICE_UNAVAILABLE"}),
        ("new-busy", {"error": SEARCH}),
    ],
)
async def test_a_busy_server_asks_for_a_pause_that_is_not_stored(ask: Ask, arm: Arm, fault: str, body: Any) -> None:
    await arm(fault)
    answer = await ask()
    assert (answer.status_code, answer.json()) == (503, body)
    assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("2", "no-store")


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("page-cap", 429, {"error": "You've requested too many pages, please use cursors instead"}),
        ("statement-timeout", 500, {"error": "canceling statement due to statement timeout", "code": "57014"}),
        ("internal-error", 500, {"error": "An unexpected error occurred"}),
        ("new-internal-error", 500, {"message": "An unexpected error occurred"}),
        ("new-cursor-foreign", 400, {"message": "This cursor cannot be continued with these filters"}),
        ("new-cursor-expired", 400, {"message": "This cursor can no longer be continued; start again without it"}),
        ("empty-after-timeout", 200, {"items": [], "metadata": {}}),
    ],
)
async def test_an_error_of_civitai_has_its_body_and_the_public_headers(
    ask: Ask, arm: Arm, fault: str, status: int, body: Any
) -> None:
    await arm(fault)
    answer = await ask()
    assert (answer.status_code, answer.json()) == (status, body)
    assert "s-maxage=300" in answer.headers["cache-control"]


@pytest.mark.parametrize("status", [200, 403, 429, 502, 520, 524])
async def test_the_edge_answers_with_a_page(ask: Ask, arm: Arm, status: int) -> None:
    await arm(f"edge-{status}")
    answer = await ask()
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_a_region_can_be_blocked(ask: Ask, arm: Arm) -> None:
    await arm("region-blocked")
    answer = await ask()
    assert (answer.status_code, answer.json()["code"]) == (451, "REGION_BLOCKED")


async def test_bad_parameters_and_the_page_cap_come_before_a_busy_server(ask: Ask, arm: Arm) -> None:
    await arm("busy")
    assert (await ask(limit=500)).status_code == 400
    assert (await ask(limit=200, page=6)).status_code == 429
    assert (await ask()).status_code == 503


async def test_counters_can_all_be_zero_with_status_200(ask: Ask, arm: Arm) -> None:
    await arm("zero-stats")
    answer = await ask(postId=7)
    assert ids(answer) == [1, 2, 3, 4, 5, 6]
    assert {count for counters in stats(answer) for count in counters.values()} == {0}


async def test_counters_can_be_null_or_missing(ask: Ask, arm: Arm) -> None:
    await arm("stats-null", times=1)
    await arm("stats-missing", times=1)
    assert stats(await ask(postId=8)) == [None]
    assert "stats" not in (await ask(postId=8)).json()["items"][0]


async def test_a_stale_answer_is_up_to_450_seconds_old_and_says_so(world: World, ask: Ask, arm: Arm) -> None:
    started = world.now()
    growth = Growth(Counts(like=1_000_000), Weibull(timedelta(hours=1), 1))
    world.add_post(post_id=9, items=[Item(id=90, counters=growth)])
    world.clock.advance(timedelta(hours=1))
    await arm("stale")
    answer = await ask(postId=9)
    age = int(answer.headers["age"])
    assert 1 <= age <= 450
    then = started + timedelta(hours=1, seconds=-age)
    assert stats(answer)[0]["likeCount"] == world.truth(90, at=then)["counters"]["like"]


async def test_items_can_be_missing_or_doubled_or_all_gone(ask: Ask, arm: Arm) -> None:
    for fault in ("items-missing", "items-doubled", "empty-page"):
        await arm(fault, times=1)
    assert ids(await ask(postId=7)) == [2, 3, 5, 6]
    assert ids(await ask(postId=7)) == [1, 2, 3, 4, 5, 1]
    empty = (await ask(postId=7, limit=2)).json()
    assert empty["items"] == []
    assert empty["metadata"]["nextCursor"].startswith("2|")


async def test_a_filter_can_be_ignored(ask: Ask, arm: Arm) -> None:
    await arm("filter-ignored")
    assert ids(await ask(postId=7))[0] == 50
    assert ids(await ask(imageId=3, limit=1)) == [50]
    assert ids(await ask(username="ana", limit=2)) == [50, 1]


async def test_an_item_inserted_between_pages_comes_twice(world: World, ask: Ask, arm: Arm) -> None:
    await arm("item-inserted")
    asked = {"postId": 7, "limit": 3, "sort": "Newest"}
    first = await ask(**asked)
    second = await ask(**asked, cursor=first.json()["metadata"]["nextCursor"])
    assert (ids(first), ids(second)) == ([6, 5, 4], [4, 3, 2])
    assert len(world.items_of(7)) == 7


async def test_an_item_can_be_inserted_though_no_page_follows(world: World, ask: Ask, arm: Arm) -> None:
    await arm("item-inserted")
    assert ids(await ask(postId=99, cursor="0|1")) == []


async def test_an_item_removed_between_pages_hides_another(ask: Ask, arm: Arm) -> None:
    await arm("item-removed")
    asked = {"postId": 7, "limit": 3, "sort": "Newest"}
    first = await ask(**asked)
    second = await ask(**asked, cursor=first.json()["metadata"]["nextCursor"])
    assert (ids(first), ids(second)) == ([6, 5, 4], [2, 1])


async def test_a_cursor_can_repeat_for_ever(ask: Ask, arm: Arm) -> None:
    await arm("repeated-cursor")
    first = (await ask(postId=7)).json()["metadata"]["nextCursor"]
    again = (await ask(postId=7, cursor=first)).json()["metadata"]
    assert again["nextCursor"] == first
    assert "cursor=1%7C" in again["nextPage"]


async def test_a_body_can_be_cut_in_half(ask: Ask, arm: Arm) -> None:
    whole = len((await ask()).content)
    await arm("truncated")
    answer = await ask()
    assert len(answer.content) == whole // 2 < int(answer.headers["content-length"])


async def test_a_connection_can_be_reset(ask: Ask, arm: Arm) -> None:
    await arm("reset")
    with pytest.raises(ConnectionResetError):
        await ask()


async def test_a_body_can_be_huge(ask: Ask, arm: Arm) -> None:
    await arm("huge-body", size=200_000)
    answer = await ask()
    assert len(answer.json()["padding"]) == 200_000


async def test_a_slow_answer_is_a_true_one(ask: Ask, arm: Arm) -> None:
    await arm("slow", seconds=0)
    assert ids(await ask(imageId=3)) == [3]


async def test_a_reshaping_fault_leaves_errors_as_they_are(ask: Ask, arm: Arm) -> None:
    await arm("zero-stats")
    assert (await ask(limit=500)).status_code == 400


@pytest.mark.parametrize("fault", sorted(set(CATALOGUE) - {"reset", "slow", "huge-body"}))
async def test_a_fault_counts_down_and_is_over(ask: Ask, arm: Arm, fault: str) -> None:
    true = (await ask(postId=7, limit=2)).text
    await arm(fault, times=1)
    await ask(postId=7, limit=2)
    assert (await ask(postId=7, limit=2)).text == true


async def test_a_fault_hits_only_the_paths_it_is_armed_for(client: httpx.AsyncClient, ask: Ask, arm: Arm) -> None:
    await arm("busy", path="/api/v1/me")
    assert (await ask()).status_code == 200
    assert (await client.get("/api/v1/me")).status_code == 503


def test_faults_armed_together_hit_one_after_the_other() -> None:
    faults = Faults({"a", "b"})
    for name in ("a", "b"):
        faults.arm(Arming(fault=name, times=2))
    drawn = [faults.draw("/api/v1/images") for _ in range(5)]
    assert [arming and arming.fault for arming in drawn] == ["a", "a", "b", "b", None]


def test_a_share_of_requests_is_hit_the_same_way_for_the_same_seed() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults({"a"}, seed)
        faults.arm(Arming(fault="a", share=0.2))
        return [faults.draw("/api/v1/images") is not None for _ in range(500)]

    assert hits(1) == hits(1) != hits(2)
    assert 60 < sum(hits(1)) < 140


def test_a_fault_nobody_knows_is_refused_with_those_known() -> None:
    with pytest.raises(BadInput, match=r"no fault called 'a'.*Known: b"):
        Faults({"b"}).arm(Arming(fault="a"))


def test_times_and_share_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="not both"):
        Arming(fault="a", times=1, share=0.5)
