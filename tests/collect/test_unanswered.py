"""What a run does where Civitai does not answer, does not know, or may not be asked any more."""

from typing import TYPE_CHECKING, Any

import httpx

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.collect.confirm import ask_by_id
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.sandbox import Switches
from civitai_engagement.sandbox.turns import FreeTurns

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

POSTS = 20
REASONS = "select subject, reason from rejects order by reject_id"


async def record(collector: "Collector", *posts: int) -> None:
    for post_id in posts:
        collector.house.post(1, post_id=post_id, username=f"Maker{post_id}")
    await collector.house.good("record_civitai_post", posts=[str(post_id) for post_id in posts])
    await collector.house.forget()


async def names_asked(collector: "Collector") -> list[str]:
    asked = [dict(one["query"]) for one in await collector.house.asked()]
    await collector.house.forget()
    return [next((name for name in ("ids", "imageId", "postId", "username") if name in one), "newest") for one in asked]


async def test_where_ids_are_known_one_request_looks_after_many_and_one_that_fails_is_not_many(
    collector: "Collector",
) -> None:
    house = collector.house
    house.world.switches = Switches(ids=True, post_endpoint=True)
    await record(collector, *range(1, POSTS + 1))
    run = await collector.refresh(hours=1)
    assert (run.observed, run.requests, run.coverage) == (POSTS, 1, {"young": [POSTS, POSTS]})
    assert (await names_asked(collector))[:1] == ["ids"]

    await house.arm("edge-403")
    run = await collector.refresh(hours=1)
    assert (run.observed, run.requests, run.error) == (0, 1, None)
    assert run.coverage == {"young": [POSTS, 0]}
    assert set(await names_asked(collector)) == {"ids"}
    [(subject, reason)] = await house.rows(REASONS)
    assert subject == "20 media by their ids"
    assert reason.startswith("not read: ")
    await house.heal()
    run = await collector.refresh(hours=1)
    assert run.coverage == {"young": [POSTS, POSTS]}


async def test_what_is_asked_by_id_and_not_answered_is_told_and_nothing_is_asked_beyond_the_allowance(
    collector: "Collector",
) -> None:
    house = collector.house
    await record(collector, 1)
    [(image_id,)] = await house.rows("select image_id from image_tracking")
    claim = await collector.claims.claim("update_existing_stats", house.clock.now(), house.clock.now())
    assert claim
    shift = ActiveRun(house.runtime, claim, allowance=2)
    await house.arm("edge-403")
    await ask_by_id(shift, [image_id])
    told = [subject for subject, _ in await house.rows(REASONS)]
    assert told == ["1 media by their ids", f"image {image_id}"]
    assert shift.left == 0
    await house.heal()
    await house.forget()
    await ask_by_id(shift, [image_id])
    assert await names_asked(collector) == []


async def test_new_media_nobody_could_ask_for_are_told_and_asked_for_at_the_next_round(collector: "Collector") -> None:
    house = collector.house
    house.post(2, post_id=5)
    house.post(2, post_id=6, username="Bo")
    await collector.watch("creator", "ana")
    await collector.watch("post", "6")
    await house.arm("edge-403")
    run = (await collector.tick())["collect_new_images"]
    assert run.coverage == {"creators": [1, 0], "new posts": [1, 0], "newest": [1, 0]}
    assert run.error is not None
    assert [subject for subject, _ in await house.rows(REASONS)] == ["creator ana", "post 6", "the newest media"]
    await house.heal()
    run = (await collector.tick(hours=4))["collect_new_images"]
    assert run.coverage == {"creators": [1, 1], "new posts": [1, 1], "newest": [1, 1]}


async def test_an_allowance_that_is_used_up_leaves_the_rest_and_says_so(collector: "Collector") -> None:
    house = collector.house
    for number, name in enumerate(("Ana", "Bo", "Cy"), start=1):
        house.post(1, post_id=number, username=name)
    await collector.watch("creator", "ana")
    await collector.watch("creator", "bo")
    await collector.watch("post", "3")
    slow = house.another(requests_per_second=0.0003)
    [_, run, *_] = await run_tick(slow, collector.claims)
    assert (run.requests, run.coverage) == (1, {"creators": [2, 1], "new posts": [1, 0]})


async def test_the_runs_of_a_tick_share_its_requests_and_the_last_gets_a_quarter_at_least(
    collector: "Collector",
) -> None:
    house = collector.house
    for number in range(1, 8):
        house.post(1, post_id=number, username=f"Maker{number}")
    await record(collector, *range(1, 7))
    await collector.watch("creator", "maker6")
    await collector.watch("creator", "maker7")
    house.advance(hours=1)
    slow = house.another(requests_per_second=0.0014)  # four requests an hour, but for those left to live answers
    refreshed, news, *_ = await run_tick(slow, collector.claims)
    assert (refreshed.requests, refreshed.coverage) == (4, {"young": [12, 8]})
    assert (news.requests, news.coverage["creators"]) == (1, [2, 1])


async def test_a_creator_civitai_does_not_know_is_not_counted_and_does_not_end_the_run(collector: "Collector") -> None:
    def unknown(request: httpx.Request) -> httpx.Response:
        body: dict[str, Any] = {"items": [], "metadata": {}}
        is_creator = "username" in request.url.params
        return httpx.Response(404, json={"error": "User not found"}) if is_creator else httpx.Response(200, json=body)

    house = collector.house
    runtime = house.another()
    runtime.civitai = Civitai(
        runtime.settings, clock=house.clock, budget=FreeTurns(), transport=httpx.MockTransport(unknown)
    )
    await collector.watch("creator", "nobody")
    [_, run, *_] = await run_tick(runtime, collector.claims)
    assert run.error is None
    assert await house.rows("select name, listed from creators") == [("nobody", None)]


async def test_an_error_of_ours_closes_the_run_with_its_name_only(collector: "Collector") -> None:
    house = collector.house
    await record(collector, 1)

    def broken(_: httpx.Request) -> httpx.Response:
        raise KeyError("secret-thing")

    runtime = house.another()
    runtime.civitai = Civitai(
        runtime.settings, clock=house.clock, budget=FreeTurns(), transport=httpx.MockTransport(broken)
    )
    house.advance(hours=1)
    [run] = [one for one in await run_tick(runtime, collector.claims) if one.job == "update_existing_stats"]
    assert run.error == "Broken: KeyError. The log says more."
