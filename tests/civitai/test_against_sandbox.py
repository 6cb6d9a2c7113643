"""The client against a simulated Civitai on a real socket."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.errors import NotFound, UpstreamRefused, UpstreamUnbelievable
from civitai_engagement.ports import Budget, Lane
from civitai_engagement.records.media import Reading
from civitai_engagement.sandbox import Sandbox, Switches, World, gallery
from civitai_engagement.settings import Settings

pytestmark = pytest.mark.slow

POST = 77
Arm = Callable[..., Awaitable[None]]
Visit = Callable[..., AbstractAsyncContextManager[tuple[Civitai, Arm]]]
BACK_ENDS = pytest.mark.parametrize(
    "switches",
    [{}, {"engine": "index"}, {"keyset_cursors": True}],
    ids=["feed", "index", "keyset cursors"],
)


@pytest.fixture
def visit(settings: Settings, clock: ManualClock, free_turns: Budget) -> Visit:
    """Open a client on a served world, with a way to arm the world's faults."""

    @asynccontextmanager
    async def opened(world: World, *, key: str | None = None) -> AsyncIterator[tuple[Civitai, Arm]]:
        async with Sandbox(world) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as door:

            async def arm(fault: str, **how: Any) -> None:
                (await door.post("/__sandbox/faults", json={"fault": fault, **how})).raise_for_status()

            change = {"civitai_base_url": sandbox.url, "civitai_api_key": SecretStr(key) if key else None}
            async with Civitai(settings.model_copy(update=change), clock=clock, budget=free_turns) as client:
                yield client, arm

    return opened


def world_of(count: int, **switches: Any) -> World:
    world = World.empty(switches=Switches(**switches))
    world.add_post(post_id=POST, username="ana", items=gallery(count), title="Lighthouses", tags=((1, "sea"),))
    for place, item in enumerate(world.items_of(POST)):
        world.set_stats(item.id, like=place + 1, heart=place, comment=2)
    return world


def as_in(world: World, reading: Reading) -> bool:
    """Every media of the post is there, with the counters that are true."""
    true = {item.id: asdict(item.counts(world.now())) for item in world.items_of(POST)}
    return {media.id: media.counters and asdict(media.counters) for media in reading.media} == true


@BACK_ENDS
@pytest.mark.parametrize("count", [1, 45, 401])
async def test_a_post_is_read_whole_and_true_on_every_back_end(
    visit: Visit, count: int, switches: dict[str, Any]
) -> None:
    world = world_of(count, **switches)

    async with visit(world) as (civitai, _):
        reading = await civitai.post_media(POST)

    assert as_in(world, reading)
    assert reading.requests <= math.ceil(count / 200) + 1
    assert reading.notes == ()


async def test_an_image_of_any_level_is_read_by_its_id(visit: Visit) -> None:
    world = world_of(5)
    wanted = world.items_of(POST)[4]

    async with visit(world) as (civitai, _):
        found = (await civitai.image(wanted.id, with_meta=True)).media
        assert (await civitai.image(1)).media == ()

    assert [(media.id, media.browsing_level) for media in found] == [(wanted.id, 16)]


@pytest.mark.parametrize(
    "fault",
    [
        "busy",
        "search-overloaded",
        "new-busy",
        "edge-429",
        "edge-403",
        "edge-502",
        "edge-520",
        "edge-524",
        "edge-200",
        "statement-timeout",
        "internal-error",
        "new-internal-error",
        "truncated",
        "reset",
        "huge-body",
        "filter-ignored",
    ],
)
async def test_a_passing_fault_does_not_change_the_answer(visit: Visit, fault: str) -> None:
    world = world_of(30)
    world.add_post(post_id=POST + 1, items=gallery(5))

    async with visit(world) as (civitai, arm):
        await arm(fault, times=2)
        reading = await civitai.post_media(POST)

    assert as_in(world, reading)
    assert reading.requests == 3


@pytest.mark.parametrize("fault", ["page-cap", "region-blocked"])
async def test_a_lasting_refusal_is_told(visit: Visit, fault: str) -> None:
    async with visit(world_of(3)) as (civitai, arm):
        await arm(fault)
        with pytest.raises(UpstreamRefused):
            await civitai.post_media(POST)


async def test_a_list_of_strangers_is_never_an_answer(visit: Visit) -> None:
    world = world_of(3)
    world.add_post(post_id=POST + 1, items=gallery(5))

    async with visit(world) as (civitai, arm):
        await arm("filter-ignored")
        with pytest.raises(UpstreamUnbelievable):
            await civitai.post_media(POST)
        with pytest.raises(UpstreamUnbelievable):
            await civitai.image(1)


async def test_an_item_posted_between_two_pages_does_not_hide_another(visit: Visit) -> None:
    world = world_of(450)
    before = {item.id for item in world.items_of(POST)}

    async with visit(world) as (civitai, arm):
        await arm("item-inserted", share=1)
        reading = await civitai.post_media(POST)

    assert before <= {media.id for media in reading.media}


@pytest.mark.parametrize("fault", ["repeated-cursor", "items-doubled"])
async def test_a_list_that_may_lack_something_says_so(visit: Visit, fault: str) -> None:
    async with visit(world_of(30)) as (civitai, arm):
        await arm(fault)
        notes = (await civitai.post_media(POST)).notes

    assert notes
    assert notes[0].startswith("The list may be incomplete")


@pytest.mark.parametrize("fault", ["stats-null", "stats-missing"])
async def test_media_without_counters_stay_and_are_reported(visit: Visit, fault: str) -> None:
    async with visit(world_of(3)) as (civitai, arm):
        await arm(fault)
        reading = await civitai.post_media(POST)

    assert [media.counters for media in reading.media] == [None] * 3
    assert len(reading.rejects) == 3


async def test_a_stale_answer_says_how_old_it_is(visit: Visit) -> None:
    async with visit(world_of(3)) as (civitai, arm):
        await arm("stale")
        reading = await civitai.post_media(POST)

    assert 1 <= (reading.fetched_at - reading.as_of).total_seconds() <= 450


@BACK_ENDS
async def test_a_creator_is_read_whole_and_true_on_every_back_end(visit: Visit, switches: dict[str, Any]) -> None:
    world = world_of(401, **switches)
    world.change(world.items_of(POST)[3].id, hidden=True)
    world.add_post(post_id=POST + 1, username="bea", items=gallery(30))

    async with visit(world) as (civitai, arm):
        await arm("busy", times=1)
        pages = [page async for page in civitai.creator_pages("Ana", lane=Lane.BULK)]

    true = {item.id: asdict(item.counts(world.now())) for item in world.items_of(POST) if not item.hidden}
    told = [(media.id, media.counters and asdict(media.counters)) for page in pages for media in page.media]
    assert len(told) == len(true)
    assert dict(told) == true
    assert [page.is_complete for page in pages] == [False, False, True]
    assert (sum(page.requests for page in pages), sum(page.retries for page in pages)) == (4, 1)


@pytest.mark.parametrize("fault", ["repeated-cursor", "items-doubled"])
async def test_a_creator_that_may_not_be_whole_is_never_called_complete(visit: Visit, fault: str) -> None:
    async with visit(world_of(401)) as (civitai, arm):
        walk = civitai.creator_pages("ana", lane=Lane.BULK)
        pages = [await anext(walk)]
        await arm(fault)
        pages += [page async for page in walk]

    assert not any(page.is_complete for page in pages)


async def test_a_creator_whose_cursor_expires_is_read_from_the_start_and_told_once(visit: Visit) -> None:
    world = world_of(401, keyset_cursors=True)

    async with visit(world) as (civitai, arm):
        walk = civitai.creator_pages("ana", lane=Lane.BULK)
        pages = [await anext(walk)]
        await arm("new-cursor-expired", times=1)
        pages += [page async for page in walk]

    told = [media.id for page in pages for media in page.media]
    assert sorted(told) == [item.id for item in world.items_of(POST)]
    assert [page.is_complete for page in pages] == [False, False, False, False, True]
    assert sum(page.requests for page in pages) == 5


async def test_a_creator_that_is_not_there_is_not_found_where_civitai_says_so(visit: Visit) -> None:
    async with visit(world_of(1, engine="index")) as (civitai, _):
        with pytest.raises(NotFound, match="User not found"):
            await anext(civitai.creator_pages("nobody", lane=Lane.BULK))
    async with visit(world_of(1)) as (civitai, _):
        assert [page.media async for page in civitai.creator_pages("nobody", lane=Lane.BULK)] == [()]


@BACK_ENDS
async def test_the_newest_are_those_of_the_levels_asked_for(visit: Visit, switches: dict[str, Any]) -> None:
    world = World.empty(switches=Switches(**switches))
    for number in range(1, 9):
        world.add_post(post_id=number, username=f"user{number}", items=gallery(50))

    async with visit(world) as (civitai, _):
        some = await civitai.newest(limit=110, lane=Lane.BULK)
        every = await civitai.newest(limit=500, levels=31, lane=Lane.BULK)

    safe = sorted(item.id for item in world.items if item.level <= 2)
    assert {media.id for media in some.media} == set(safe[-110:])
    assert (some.requests, some.is_complete) == (2, True)
    assert (len(every.media), every.requests, every.is_complete) == (400, 4, True)


async def test_images_are_looked_up_by_ids_where_the_world_knows_how(visit: Visit) -> None:
    world = world_of(120, ids=True)
    wanted = [item.id for item in world.items_of(POST)[:99]]

    async with visit(world) as (civitai, arm):
        reading = await civitai.by_ids([*wanted, 1], lane=Lane.BULK)
        await arm("filter-ignored", times=2)
        again = await civitai.by_ids(wanted[:5], lane=Lane.BULK)

    assert reading is not None
    assert again is not None
    assert [media.id for media in reading.media] == wanted
    assert ([media.id for media in again.media], again.retries) == (wanted[:5], 2)


async def test_a_world_that_does_not_know_ids_is_told_by_its_strangers(visit: Visit) -> None:
    world = world_of(120)

    async with visit(world) as (civitai, _):
        assert await civitai.by_ids([item.id for item in world.items_of(POST)[-3:]], lane=Lane.BULK) is None
        assert civitai.supports_ids is False


async def test_every_shape_of_metadata_in_a_grown_world_is_read(visit: Visit) -> None:
    world = World.grow(posts=12)

    async with visit(world) as (civitai, _):
        readings = [await civitai.post_media(post_id, with_meta=True) for post_id in list(world.posts)[:12]]

    assert any(media.generation and media.generation.prompt for reading in readings for media in reading.media)
    assert not [note for reading in readings for note in reading.notes]


async def test_a_post_tells_its_title_where_civitai_has_that_route(visit: Visit) -> None:
    async with visit(world_of(3, post_endpoint=True)) as (civitai, _):
        post = await civitai.post(POST)
        with pytest.raises(NotFound):
            await civitai.post(POST + 1)

    assert post is not None
    assert (post.title, post.username, post.tags) == ("Lighthouses", "ana", ("sea",))


async def test_where_civitai_lacks_the_route_a_post_has_no_title(visit: Visit) -> None:
    async with visit(world_of(3)) as (civitai, _):
        assert await civitai.post(POST) is None


async def test_a_model_version_of_a_grown_world_is_named(visit: Visit) -> None:
    world = World.grow(posts=3)
    known = next(iter(world.versions.values()))

    async with visit(world) as (civitai, _):
        version = await civitai.model_version(known.id)
        assert await civitai.model_version(1) is None

    assert version is not None
    assert (version.name, version.model_id, version.air) == (known.name, known.model_id, known.air)


@pytest.mark.parametrize(("key", "known"), [("sandbox-key", True), ("another", False)])
async def test_a_key_is_known_or_not(visit: Visit, key: str, *, known: bool) -> None:
    async with visit(world_of(1), key=key) as (civitai, _):
        assert (await civitai.me() is not None) is known
