import asyncio
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.errors import (
    BadInput,
    NotFound,
    UpstreamBusy,
    UpstreamDown,
    UpstreamRefused,
    UpstreamUnbelievable,
)
from civitai_engagement.ports import Budget, Lane
from civitai_engagement.settings import Settings

Item = Callable[..., dict[str, Any]]
IMAGES = "/api/v1/images"
HTML = "<!DOCTYPE html><title>404: This page could not be found</title>"


def listing(items: list[dict[str, Any]], cursor: object = None) -> dict[str, Any]:
    return {"items": items, "metadata": {} if cursor is None else {"nextCursor": cursor}}


def feed(items: list[dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    """Serve items like Civitai's feed: by offset, at most `limit` a page."""

    def answer(request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params["limit"])
        start = int(request.url.params.get("cursor", "0").partition("|")[0])
        more = start + limit < len(items)
        return httpx.Response(
            200, json=listing(items[start : start + limit], f"{start + limit}|1759019220000" if more else None)
        )

    return answer


# --- a whole post


async def test_a_post_is_asked_for_at_all_levels_and_in_large_pages(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item()]))

    await civitai.post_media(1)

    assert dict(route.calls.last.request.url.params) == {
        "postId": "1",
        "limit": "200",
        "sort": "Newest",
        "browsingLevel": "31",
    }


async def test_metadata_is_asked_for_flat_and_in_smaller_pages(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item(meta={"prompt": "a lighthouse"})]))

    reading = await civitai.post_media(1, with_meta=True)

    asked = route.calls.last.request.url.params
    assert (asked["withMeta"], asked["flatMeta"], asked["limit"]) == ("true", "true", "100")
    assert reading.media[0].generation is not None
    assert reading.media[0].generation.prompt == "a lighthouse"


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 999])
async def test_a_post_of_any_size_comes_whole_within_its_bound_of_requests(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, count: int
) -> None:
    upstream.get(IMAGES).mock(side_effect=feed([item(number) for number in range(count, 0, -1)]))

    reading = await civitai.post_media(1)

    assert [media.id for media in reading.media] == list(range(1, count + 1))
    assert reading.requests == len(upstream.calls) <= math.ceil(count / 200) + 1
    assert reading.notes == ()


async def test_an_item_that_comes_on_two_pages_is_there_once(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[
            httpx.Response(200, json=listing([item(3), item(2)], "2|9")),
            httpx.Response(200, json=listing([item(2), item(1)])),
        ]
    )

    assert [media.id for media in (await civitai.post_media(1)).media] == [1, 2, 3]


async def test_the_cursor_is_sent_encoded_and_the_next_page_address_is_never_used(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    first = listing([item(2)], "100|1759019220000")
    first["metadata"]["nextPage"] = "https://civitai.com/api/v1/images?token=s3cret&cursor=x"
    upstream.get(IMAGES).mock(
        side_effect=[httpx.Response(200, json=first), httpx.Response(200, json=listing([item(1)]))]
    )

    await civitai.post_media(1)

    assert b"cursor=100%7C1759019220000" in upstream.calls.last.request.url.query
    assert "s3cret" not in caplog.text


async def test_a_reading_is_as_old_as_its_oldest_page(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, clock: ManualClock
) -> None:
    asked_at = clock.now()
    pages = {None: ([item(2)], "1|9", "300"), "1|9": ([item(1)], None, "0")}

    def answer(request: httpx.Request) -> httpx.Response:
        items, cursor, age = pages[request.url.params.get("cursor")]
        clock.advance(timedelta(seconds=5))
        return httpx.Response(200, json=listing(items, cursor), headers={"Age": age})

    upstream.get(IMAGES).mock(side_effect=answer)

    reading = await civitai.post_media(1)

    oldest, latest = asked_at + timedelta(seconds=5 - 300), asked_at + timedelta(seconds=10)
    assert (reading.as_of, reading.fetched_at) == (oldest, latest)


async def test_a_walk_that_may_have_missed_some_says_so(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).respond(json=listing([item(1)], "1|9"))

    assert (await civitai.post_media(1)).notes == ("The list may be incomplete: Civitai repeated a cursor.",)


async def test_an_item_that_is_twice_on_one_page_makes_the_list_doubtful(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).respond(json=listing([item(1), item(2), item(1)]))

    reading = await civitai.post_media(1)

    assert [media.id for media in reading.media] == [1, 2]
    assert reading.notes == ("The list may be incomplete: Civitai listed some items twice on one page.",)


async def test_what_could_not_be_read_is_reported_once_and_the_rest_stays(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    broken = item(id=None)
    upstream.get(IMAGES).mock(
        side_effect=[
            httpx.Response(200, json=listing([item(2), broken], "2|9")),
            httpx.Response(200, json=listing([broken, item(1, stats=None)])),
        ]
    )

    reading = await civitai.post_media(1)

    assert [(media.id, media.counters is None) for media in reading.media] == [(1, True), (2, False)]
    assert [reject.subject for reject in reading.rejects] == ["image", "image 1"]


async def test_images_of_another_post_are_not_believed(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item(1), item(2, postId=99)]))

    with pytest.raises(UpstreamUnbelievable, match="not of post 1"):
        await civitai.post_media(1)
    assert route.call_count == 3


async def test_a_page_that_is_right_at_the_second_try_is_believed(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[
            httpx.Response(200, json=listing([item(9, postId=99)])),
            httpx.Response(200, json=listing([item(1)])),
        ]
    )

    reading = await civitai.post_media(1)

    assert ([media.id for media in reading.media], reading.requests) == ([1], 2)


async def test_an_item_that_names_no_post_is_taken_for_one_of_the_post_asked_for(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).respond(json=listing([item(1), item(2, postId=None)]))

    assert [media.post_id for media in (await civitai.post_media(1)).media] == [1, 1]


async def test_a_page_on_which_no_item_names_its_post_is_not_believed(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).respond(json=listing([item(1, postId=None)]))

    with pytest.raises(UpstreamUnbelievable):
        await civitai.post_media(1)


@pytest.mark.parametrize("number", [0, -1, 2**31])
async def test_an_id_that_cannot_exist_is_never_asked_for(
    civitai: Civitai, upstream: respx.MockRouter, number: int
) -> None:
    for ask in (civitai.post_media, civitai.image, civitai.post, civitai.model_version):
        with pytest.raises(BadInput):
            await ask(number)
    assert not upstream.calls


# --- trouble


async def test_a_busy_civitai_is_asked_again_after_its_pause(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, clock: ManualClock
) -> None:
    began = clock.now()
    upstream.get(IMAGES).mock(
        side_effect=[
            httpx.Response(503, json={"error": "Server busy, please retry shortly."}, headers={"Retry-After": "20"}),
            httpx.Response(200, json=listing([item()])),
        ]
    )

    reading = await civitai.post_media(1)

    assert reading.requests == 2
    assert reading.as_of - began == timedelta(seconds=20)


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(403, html="<title>Just a moment…</title>"),
        httpx.Response(429, html="<title>1015</title>"),
        httpx.Response(429, json={"error": "Rate limit exceeded, please retry shortly."}),
        httpx.Response(500, json={"error": "canceling statement due to statement timeout", "code": "57014"}),
        httpx.Response(524, html="<title>524</title>"),
        httpx.Response(200, html="<title>maintenance</title>"),
        httpx.Response(200, content=b'{"items":[{"id"', headers={"Content-Type": "application/json"}),
        httpx.Response(200, json={"message": "odd"}),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_passing_trouble_costs_a_retry_and_not_the_answer(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, trouble: Any
) -> None:
    upstream.get(IMAGES).mock(side_effect=[trouble, httpx.Response(200, json=listing([item()]))])

    assert (await civitai.post_media(1)).requests == 2


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(400, json={"error": {"name": "ZodError", "message": "[]"}}), UpstreamRefused),
        (httpx.Response(404, json={"error": "User not found", "code": "NOT_FOUND"}), NotFound),
        (
            httpx.Response(429, json={"error": "You've requested too many pages, please use cursors instead"}),
            UpstreamRefused,
        ),
        (httpx.Response(451, json={"error": "…", "code": "REGION_BLOCKED"}), UpstreamRefused),
    ],
)
async def test_a_lasting_refusal_is_asked_once(
    civitai: Civitai, upstream: respx.MockRouter, response: httpx.Response, error: type[Exception]
) -> None:
    route = upstream.get(IMAGES).mock(return_value=response)

    with pytest.raises(error):
        await civitai.post_media(1)
    assert route.call_count == 1


@pytest.mark.parametrize("lane", list(Lane))
async def test_every_attempt_takes_a_turn_in_its_lane(
    settings: Settings, clock: ManualClock, upstream: respx.MockRouter, item: Item, lane: Lane
) -> None:
    class Turns:
        def __init__(self) -> None:
            self.lanes: list[Lane] = []

        async def take(self, lane: Lane) -> None:
            self.lanes.append(lane)

    upstream.get(IMAGES).mock(
        side_effect=[
            httpx.Response(500),
            httpx.Response(200, json=listing([item(2)], "1|9")),
            httpx.Response(500),
            httpx.Response(200, json=listing([item(1)])),
        ]
    )
    turns = Turns()

    async with Civitai(settings, clock=clock, budget=turns) as civitai:
        await civitai.post_media(1, lane=lane)

    assert turns.lanes == [lane] * 4


# --- one image


async def test_an_image_is_asked_for_at_all_levels_and_believed_by_its_id(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item(5)]))

    reading = await civitai.image(5)

    assert [media.id for media in reading.media] == [5]
    asked = route.calls.last.request.url.params
    assert (asked["imageId"], asked["browsingLevel"]) == ("5", "31")


async def test_an_image_that_is_not_there_is_an_empty_reading(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get(IMAGES).respond(json={"items": [], "metadata": {}})

    assert (await civitai.image(5)).media == ()


async def test_another_image_than_asked_for_is_not_believed(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).respond(json=listing([item(6)], 4))

    with pytest.raises(UpstreamUnbelievable, match="other images than image 5"):
        await civitai.image(5)


# --- memory


async def test_a_live_question_repeated_within_a_minute_is_answered_from_memory(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, clock: ManualClock
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item()]), headers={"Age": "10"})
    first = await civitai.post_media(1)

    clock.advance(timedelta(seconds=59))
    again = await civitai.post_media(1)

    assert (again.media, again.as_of, again.from_memory, again.requests) == (first.media, first.as_of, True, 0)
    assert (first.from_memory, route.call_count) == (False, 1)
    clock.advance(timedelta(seconds=1))
    assert not (await civitai.post_media(1)).from_memory


async def test_fresh_and_bulk_questions_are_not_answered_from_memory(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item()]))
    await civitai.post_media(1)

    assert not (await civitai.post_media(1, fresh=True)).from_memory
    assert not (await civitai.post_media(1, lane=Lane.BULK)).from_memory
    assert route.call_count == 3


async def test_a_fresh_answer_is_what_is_remembered(civitai: Civitai, upstream: respx.MockRouter, item: Item) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[httpx.Response(200, json=listing([item(1)])), httpx.Response(200, json=listing([item(2)]))]
    )
    await civitai.post_media(1)
    await civitai.post_media(1, fresh=True)

    assert [media.id for media in (await civitai.post_media(1)).media] == [2]


async def test_an_answer_with_metadata_serves_a_question_without_but_not_the_other_way(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item()]))

    await civitai.post_media(1)
    assert not (await civitai.post_media(1, with_meta=True)).from_memory
    await civitai.image(7, with_meta=True)
    assert (await civitai.image(7)).from_memory
    assert route.call_count == 3


async def test_a_post_and_an_image_of_one_number_are_not_confused(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES, params={"postId": "7"}).respond(json=listing([item(1, postId=7)]))
    upstream.get(IMAGES, params={"imageId": "7"}).respond(json=listing([item(7)]))

    assert [media.id for media in (await civitai.post_media(7)).media] == [1]
    assert [media.id for media in (await civitai.image(7)).media] == [7]


async def test_equal_live_questions_at_one_time_are_one_request(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).respond(json=listing([item()]))

    readings = await asyncio.gather(*(civitai.post_media(1) for _ in range(8)))

    assert route.call_count == 1
    assert len({reading.media for reading in readings}) == 1


async def test_a_failure_is_not_remembered(civitai: Civitai, upstream: respx.MockRouter, item: Item) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[httpx.Response(451, json={"error": "…"}), httpx.Response(200, json=listing([item()]))]
    )

    with pytest.raises(UpstreamRefused):
        await civitai.post_media(1)
    assert (await civitai.post_media(1)).requests == 1


class Hanging(httpx.AsyncBaseTransport):
    """Takes a request, never answers it, and notices when it is given up."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.ended = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.set()
        never: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()
        try:
            return await never
        finally:
            self.ended.set()


async def test_a_request_ends_when_the_last_of_its_callers_has_left(
    settings: Settings, clock: ManualClock, free_turns: Budget
) -> None:
    carrier = Hanging()
    async with Civitai(settings, clock=clock, budget=free_turns, transport=carrier) as civitai:
        callers = [asyncio.create_task(civitai.post_media(1)) for _ in range(2)]
        await carrier.asked.wait()

        callers[0].cancel()
        await asyncio.wait([callers[0]])
        assert not carrier.ended.is_set()
        callers[1].cancel()
        await asyncio.wait([callers[1]])
        await carrier.ended.wait()


async def test_a_live_question_that_hangs_ends_with_its_patience(
    settings: Settings, clock: ManualClock, free_turns: Budget
) -> None:
    hasty = settings.model_copy(update={"live_patience": timedelta(milliseconds=20)})
    carrier = Hanging()

    async with Civitai(hasty, clock=clock, budget=free_turns, transport=carrier) as civitai:
        with pytest.raises(UpstreamDown, match="did not answer within"):
            await civitai.image(1)
    assert carrier.ended.is_set()


# --- a post's own words, model versions, the key


async def test_a_post_tells_its_title(civitai: Civitai, upstream: respx.MockRouter) -> None:
    route = upstream.get("/api/v1/posts/5").respond(json={"id": 5, "title": "Lighthouses", "images": []})

    first, again = await civitai.post(5), await civitai.post(5)

    assert first is not None
    assert (first.title, again, route.call_count) == ("Lighthouses", first, 1)
    await civitai.post(5, lane=Lane.BULK)
    assert route.call_count == 2


async def test_a_post_that_is_not_there_is_not_found(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/posts/5").respond(404, json={"error": "Post not found"})

    with pytest.raises(NotFound, match="Post not found"):
        await civitai.post(5)


async def test_a_route_that_does_not_exist_is_not_tried_again_for_an_hour(
    civitai: Civitai, upstream: respx.MockRouter, clock: ManualClock
) -> None:
    route = upstream.route(path__regex="/api/v1/posts/.*").respond(404, html=HTML)

    assert (await civitai.post(5), await civitai.post(6)) == (None, None)
    assert route.call_count == 1
    clock.advance(timedelta(hours=1))
    assert await civitai.post(5) is None
    assert route.call_count == 2


async def test_a_post_that_is_refused_for_another_reason_says_so(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/posts/5").respond(451, json={"error": "…"})

    with pytest.raises(UpstreamRefused, match="region"):
        await civitai.post(5)


async def test_another_post_than_asked_for_is_not_believed(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/posts/5").respond(json={"id": 6, "title": "Other"})

    with pytest.raises(UpstreamUnbelievable, match="another post"):
        await civitai.post(5)


async def test_posts_asked_for_too_often_wait_as_told(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/posts/5").respond(
        429, json={"error": "Rate limit exceeded, please retry shortly."}, headers={"Retry-After": "59"}
    )

    with pytest.raises(UpstreamBusy) as raised:
        await civitai.post(5)
    assert raised.value.retry_after == 59


async def test_a_model_version_is_named(civitai: Civitai, upstream: respx.MockRouter) -> None:
    route = upstream.get("/api/v1/model-versions/mini/9").respond(
        json={"air": "urn:air:sdxl:lora:civitai:4@9", "versionName": "v2", "modelName": "Lighthouse style"}
    )

    version = await civitai.model_version(9)

    assert version is not None
    assert (version.id, version.name, version.model_id, version.type) == (9, "v2", 4, "lora")
    assert await civitai.model_version(9) == version
    assert route.call_count == 1


async def test_a_model_version_that_is_not_there_is_unknown(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/model-versions/mini/9").respond(404, json={"error": "Model not found"})

    assert await civitai.model_version(9) is None


async def test_without_a_key_nobody_is_asked_whose_it_is(civitai: Civitai, upstream: respx.MockRouter) -> None:
    assert await civitai.me() is None
    assert not upstream.calls


async def whose(settings: Settings, clock: ManualClock, budget: Budget) -> object:
    keyed = settings.model_copy(update={"civitai_api_key": SecretStr("s3cret")})
    async with Civitai(keyed, clock=clock, budget=budget) as civitai:
        return await civitai.me()


async def test_a_key_says_whose_it_is(
    settings: Settings, clock: ManualClock, free_turns: Budget, upstream: respx.MockRouter
) -> None:
    upstream.get("/api/v1/me", headers={"Authorization": "Bearer s3cret"}).respond(
        json={"id": 3, "username": "somebody", "tier": "free", "status": "active"}
    )

    assert getattr(await whose(settings, clock, free_turns), "username", None) == "somebody"


async def test_a_key_that_is_not_accepted_is_nobodys(
    settings: Settings, clock: ManualClock, free_turns: Budget, upstream: respx.MockRouter
) -> None:
    upstream.get("/api/v1/me").respond(401, json={"error": "Unauthorized"})

    assert await whose(settings, clock, free_turns) is None


async def test_other_trouble_with_a_key_is_told(
    settings: Settings, clock: ManualClock, free_turns: Budget, upstream: respx.MockRouter
) -> None:
    upstream.get("/api/v1/me").respond(403, json={"error": "Forbidden"})

    with pytest.raises(UpstreamRefused):
        await whose(settings, clock, free_turns)


# --- the room


def test_reading_an_address_does_not_import_an_http_library() -> None:
    script = (
        "import sys, civitai_engagement.civitai.urls; sys.exit('httpx' in sys.modules or 'pydantic' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
