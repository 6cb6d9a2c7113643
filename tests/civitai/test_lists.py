"""Questions about many media at once: a creator's, the newest, some by their ids."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

from civitai_engagement.civitai.client import DEEPEST, Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.errors import BadInput, NotFound, UpstreamDown, UpstreamRefused, UpstreamUnbelievable
from civitai_engagement.ports import Lane
from civitai_engagement.records.media import Reading

Item = Callable[..., dict[str, Any]]
IMAGES = "/api/v1/images"
TWICE = "The list may be incomplete: Civitai listed some items twice on one page."
MEDIA = range(1, 451)


def listing(items: Iterable[dict[str, Any]], cursor: object = None) -> httpx.Response:
    return httpx.Response(
        200, json={"items": list(items), "metadata": {} if cursor is None else {"nextCursor": cursor}}
    )


def feed(items: list[dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    """Serve items like Civitai's feed: by offset, at most `limit` a page."""

    def answer(request: httpx.Request) -> httpx.Response:
        limit, start = int(request.url.params["limit"]), int(request.url.params.get("cursor", "0").partition("|")[0])
        more = start + limit < len(items)
        return listing(items[start : start + limit], f"{start + limit}|9" if more else None)

    return answer


def library(items: list[dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    """Serve items by their ids, like a Civitai that knows how to."""
    by_id = {str(one["id"]): one for one in items}

    def answer(request: httpx.Request) -> httpx.Response:
        return listing(by_id[number] for number in request.url.params["ids"].split(",") if number in by_id)

    return answer


async def all_of(pages: AsyncIterator[Reading]) -> list[Reading]:
    return [page async for page in pages]


def ids(readings: Iterable[Reading]) -> list[list[int]]:
    return [[media.id for media in reading.media] for reading in readings]


async def test_a_page_of_more_items_than_were_asked_for_is_refused(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(return_value=listing(item(number) for number in range(1, 202)))

    with pytest.raises(UpstreamUnbelievable, match="201 items where 200 were asked for"):
        await civitai.post_media(1, lane=Lane.BULK)


async def test_a_next_page_named_by_half_a_character_ends_the_walk_with_a_doubt(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    body = json.dumps({"items": [item(1)], "metadata": {"nextCursor": "1|\ud83d"}})
    upstream.get(IMAGES).respond(content=body, headers={"Content-Type": "application/json"})

    reading = await civitai.post_media(1)
    assert [one.id for one in reading.media] == [1]
    assert reading.notes == ("The list may be incomplete: half a character names the next page.",)


# --- a creator


async def test_a_creators_media_come_page_by_page_and_the_last_page_says_that_it_is_the_last(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(side_effect=feed([item(number) for number in reversed(MEDIA)]))

    pages = await all_of(civitai.creator_pages("Somebody", lane=Lane.BULK))

    assert ids(pages) == [[*range(251, 451)], [*range(51, 251)], [*range(1, 51)]]
    assert [(page.is_complete, page.notes, page.requests, page.retries) for page in pages] == [
        (False, (), 1, 0),
        (False, (), 1, 0),
        (True, (), 1, 0),
    ]
    assert dict(upstream.calls[0].request.url.params) == {
        "username": "Somebody",
        "limit": "200",
        "sort": "Newest",
        "browsingLevel": "31",
    }


async def test_a_creators_page_is_there_before_the_next_is_asked_for(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(side_effect=[listing([item(1, meta={"prompt": "sea"})], "1|9"), httpx.Response(451)])
    pages = civitai.creator_pages("somebody", lane=Lane.LIVE, with_meta=True)

    first = await anext(pages)

    assert (ids([first]), len(upstream.calls)) == ([[1]], 1)
    assert first.media[0].generation is not None
    asked = upstream.calls.last.request.url.params
    assert (asked["limit"], asked["withMeta"], asked["flatMeta"]) == ("100", "true", "true")
    with pytest.raises(UpstreamRefused):
        await anext(pages)


async def test_each_page_counts_its_own_requests_and_retries(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[
            httpx.Response(500),
            httpx.Response(500),
            listing([item(2)], "1|9"),
            httpx.Response(500),
            listing([item(1)]),
        ]
    )

    pages = await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))

    assert [(page.requests, page.retries) for page in pages] == [(3, 2), (2, 1)]


async def test_a_media_that_comes_on_two_pages_is_told_once(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(side_effect=[listing([item(3), item(2)], "2|9"), listing([item(2), item(1)])])

    pages = await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))

    assert ids(pages) == [[2, 3], [1]]
    assert pages[-1].is_complete


@pytest.mark.parametrize(
    ("answers", "doubt"),
    [
        ([([2], "1|9"), ([1], "1|9")], "The list may be incomplete: Civitai repeated a cursor."),
        ([([2, 2], "2|9"), ([1], None)], TWICE),
        ([([2], "2|9"), ([1, 1], None)], TWICE),
    ],
)
async def test_a_walk_that_may_have_missed_some_says_so_with_its_last_page_alone(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, answers: list[tuple[list[int], str | None]], doubt: str
) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[listing([item(number) for number in page], cursor) for page, cursor in answers]
    )

    pages = await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))

    assert [page.notes for page in pages] == [(), (doubt,)]
    assert not any(page.is_complete for page in pages)


async def test_cursors_that_stop_working_twice_end_the_walk_in_doubt_with_what_was_seen(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    stuck = httpx.Response(400, json={"message": "This cursor can no longer be continued"})
    upstream.get(IMAGES).mock(side_effect=[listing([item(2)], "1|9"), stuck, listing([item(2)], "1|9"), stuck])

    pages = await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))

    assert ids(pages) == [[2], [], [], []]
    assert sum(page.requests for page in pages) == 4
    assert "twice" in pages[-1].notes[0]
    assert not any(page.is_complete for page in pages)


async def test_a_walk_ends_in_doubt_where_civitais_offsets_end_without_a_word(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civitai_engagement.civitai.client.DEEPEST", 400)
    upstream.get(IMAGES).mock(side_effect=feed([item(number) for number in MEDIA]))

    pages = await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))

    assert DEEPEST < 49_000
    assert [page.notes for page in pages] == [(), ("The list may be incomplete: it goes on after 2 pages.",)]
    assert not pages[-1].is_complete


async def test_a_creator_is_named_in_any_case_and_who_is_not_named_is_taken_for_the_creator(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    nobody = item(4)
    del nobody["username"]
    upstream.get(IMAGES).mock(
        side_effect=[
            listing([item(1, username="SomeBody"), item(2, username=None), item(3, username="unknown"), nobody])
        ]
    )

    (page,) = await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))

    assert {media.username for media in page.media} == {"SomeBody"}
    assert len(page.media) == 4


@pytest.mark.parametrize("names", [("somebody", "stranger"), (None, "unknown")])
async def test_a_page_that_names_another_or_nobody_is_not_believed(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, names: tuple[str | None, ...]
) -> None:
    items = [item(number, username=name) for number, name in enumerate(names, 1)]
    route = upstream.get(IMAGES).mock(return_value=listing(items))

    with pytest.raises(UpstreamUnbelievable, match="not somebody's"):
        await all_of(civitai.creator_pages("somebody", lane=Lane.BULK))
    assert route.call_count == 3


@pytest.mark.parametrize("name", ["", " ", "a b", "a,b", "ana\n", "änä", "a-b"])
async def test_what_cannot_be_a_name_is_refused_before_any_request(
    civitai: Civitai, upstream: respx.MockRouter, name: str
) -> None:
    with pytest.raises(BadInput, match="cannot be a creator's name"):
        civitai.creator_pages(name, lane=Lane.BULK)
    assert not upstream.calls


async def test_a_creator_that_civitai_does_not_know_is_not_found(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get(IMAGES).respond(404, json={"error": "User not found", "code": "NOT_FOUND"})

    with pytest.raises(NotFound, match="User not found"):
        await all_of(civitai.creator_pages("nobody", lane=Lane.BULK))


@pytest.mark.parametrize(("lane", "patience"), [(Lane.LIVE, 45), (Lane.BULK, 300)])
async def test_a_page_that_does_not_come_is_waited_for_as_its_lane_is_patient(
    civitai: Civitai, upstream: respx.MockRouter, clock: ManualClock, lane: Lane, patience: int
) -> None:
    upstream.get(IMAGES).respond(500)
    began = clock.now()

    with pytest.raises(UpstreamDown):
        await all_of(civitai.creator_pages("somebody", lane=lane))
    assert clock.now() - began <= timedelta(seconds=patience)


# --- the newest


async def test_the_newest_come_with_how_they_were_made_up_to_the_number_asked_for(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(side_effect=feed([item(number, meta={"prompt": "sea"}) for number in reversed(MEDIA)]))

    reading = await civitai.newest(limit=150, lane=Lane.BULK)

    assert ids([reading]) == [[*range(301, 451)]]
    assert (reading.requests, reading.is_complete, reading.notes) == (2, True, ())
    assert all(media.generation and media.generation.prompt == "sea" for media in reading.media)
    assert dict(upstream.calls[0].request.url.params) == {
        "limit": "100",
        "sort": "Newest",
        "period": "AllTime",
        "browsingLevel": "3",
        "withMeta": "true",
        "flatMeta": "true",
    }


async def test_fewer_newest_than_asked_for_are_no_error(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(side_effect=feed([item(number) for number in range(1, 31)]))

    reading = await civitai.newest(sort="Most Reactions", period="Day", levels=31, lane=Lane.LIVE)

    assert (len(reading.media), reading.requests, reading.is_complete) == (30, 1, True)
    asked = upstream.calls.last.request.url.params
    assert (asked["sort"], asked["period"], asked["browsingLevel"]) == ("Most Reactions", "Day", "31")


async def test_pages_with_hidden_media_are_made_up_for_by_more_pages(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(
        side_effect=[listing([item(9)], "5|9"), listing([], "10|9"), listing([item(8), item(7)], "15|9")]
    )

    assert ids([await civitai.newest(limit=2, lane=Lane.BULK)]) == [[8, 9]]
    assert upstream.calls[0].request.url.params["limit"] == "2"


async def test_newest_that_lead_nowhere_are_told_with_a_doubt(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    upstream.get(IMAGES).mock(return_value=listing([item(1)], "1|9"))

    reading = await civitai.newest(lane=Lane.BULK)

    assert (ids([reading]), reading.is_complete) == ([[1]], False)
    assert "repeated a cursor" in reading.notes[0]


async def test_what_is_above_the_levels_asked_for_is_left_out_and_reported(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    levels = {1: 1, 2: 2, 3: 4, 4: 16, 5: None, 6: 0}
    upstream.get(IMAGES).mock(
        return_value=listing(item(number, browsingLevel=level) for number, level in levels.items())
    )

    reading = await civitai.newest(lane=Lane.BULK)

    assert ids([reading]) == [[1, 2, 5, 6]]
    assert [(reject.subject, json.loads(reject.raw)) for reject in reading.rejects] == [
        ("image 3", {"id": 3}),
        ("image 4", {"id": 4}),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"sort": "Random"}, {"sort": "newest"}, {"period": "Hour"}, {"levels": 0}, {"levels": 32}],
)
async def test_newest_are_not_asked_for_in_a_way_civitai_lacks(
    civitai: Civitai, upstream: respx.MockRouter, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        await civitai.newest(**wrong, lane=Lane.BULK)
    assert not upstream.calls


# --- by ids


async def test_a_hundred_images_are_looked_up_in_one_request(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).mock(side_effect=library([item(number) for number in range(1, 99)]))

    reading = await civitai.by_ids([*range(100, 0, -1), 7], lane=Lane.BULK)

    assert reading is not None
    assert ids([reading]) == [[*range(1, 99)]]
    assert (reading.requests, reading.is_complete, route.call_count, civitai.supports_ids) == (1, True, 1, True)
    asked = route.calls.last.request.url.params
    assert asked["ids"] == ",".join(map(str, range(1, 101)))
    assert (asked["browsingLevel"], asked["limit"]) == ("31", "100")


@pytest.mark.parametrize("wrong", [[], [0], [2**31], list(range(1, 102))])
async def test_no_ids_too_many_or_impossible_ones_are_refused(
    civitai: Civitai, upstream: respx.MockRouter, wrong: list[int]
) -> None:
    with pytest.raises(BadInput):
        await civitai.by_ids(wrong, lane=Lane.BULK)
    assert not upstream.calls


@pytest.mark.parametrize("refusal", ["strangers", "400"])
async def test_a_civitai_without_ids_is_tried_once_a_day(
    civitai: Civitai, upstream: respx.MockRouter, item: Item, clock: ManualClock, refusal: str
) -> None:
    answer = listing([item(7), item(8)]) if refusal == "strangers" else httpx.Response(400, json={"error": "no"})
    route = upstream.get(IMAGES).mock(return_value=answer)

    assert await civitai.by_ids([7], lane=Lane.BULK) is None
    assert await civitai.by_ids([7], lane=Lane.LIVE) is None
    assert (route.call_count, civitai.supports_ids) == (1, False)

    clock.advance(timedelta(days=1))
    route.mock(side_effect=library([item(7)]))
    assert await civitai.by_ids([7], lane=Lane.BULK) is not None
    assert civitai.supports_ids


async def test_strangers_in_passing_do_not_make_a_civitai_forget_its_ids(
    civitai: Civitai, upstream: respx.MockRouter, item: Item
) -> None:
    route = upstream.get(IMAGES).mock(
        side_effect=[listing([item(7)]), listing([item(9)]), listing([item(9)]), listing([item(7)])]
    )
    await civitai.by_ids([7], lane=Lane.BULK)

    again = await civitai.by_ids([7], lane=Lane.BULK)

    assert again is not None
    assert (again.requests, again.retries, civitai.supports_ids) == (3, 2, True)
    route.mock(return_value=listing([item(9)]))
    assert await civitai.by_ids([7], lane=Lane.BULK) is None
    assert civitai.supports_ids is False


async def test_no_image_at_all_is_never_taken_for_the_whole_answer(
    civitai: Civitai, upstream: respx.MockRouter
) -> None:
    upstream.get(IMAGES).mock(return_value=listing([]))

    reading = await civitai.by_ids([7], lane=Lane.BULK)

    assert reading is not None
    assert (reading.media, reading.is_complete, civitai.supports_ids) == ((), False, None)
    assert "none of the ids" in reading.notes[0]


async def test_other_refusals_of_ids_are_told(civitai: Civitai, upstream: respx.MockRouter) -> None:
    upstream.get(IMAGES).respond(451, json={"error": "…"})

    with pytest.raises(UpstreamRefused):
        await civitai.by_ids([7], lane=Lane.BULK)
    assert civitai.supports_ids is None


async def test_lists_are_never_answered_from_memory(civitai: Civitai, upstream: respx.MockRouter, item: Item) -> None:
    route = upstream.get(IMAGES).mock(return_value=listing([item(7)]))

    for _ in range(2):
        await civitai.by_ids([7], lane=Lane.LIVE)
        await civitai.newest(lane=Lane.LIVE)
        await all_of(civitai.creator_pages("somebody", lane=Lane.LIVE))
    assert route.call_count == 6
