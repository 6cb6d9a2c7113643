"""What `record_civitai_post` keeps, and what it does not."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from civitai_engagement.errors import StoreDown
from civitai_engagement.library.record import record_post
from civitai_engagement.sandbox import Item, Switches
from civitai_engagement.store.assets import Assets
from civitai_engagement.store.doubts import Doubts

if TYPE_CHECKING:
    from tests.house import House

RECORD = "record_civitai_post"
TABLES = ("posts", "assets", "images", "image_tracking", "image_stats_history", "watches", "generation_parameters")


async def everything(house: "House") -> dict[str, int]:
    return {table: (await house.rows(f"select count(*) from {table}"))[0][0] for table in TABLES}


async def likes(house: "House") -> list[int | None]:
    """The believed likes, by image id."""
    return [row[0] for row in await house.rows("select like_count from image_tracking order by image_id")]


async def events(house: "House") -> list[str]:
    statement = "select event from image_stats_history where event <> 'first' order by image_id, collected_at"
    return [row[0] for row in await house.rows(statement)]


async def record(house: "House", *posts: object) -> Any:
    return await house.good(RECORD, posts=list(posts or (77,)))


async def test_a_new_post_is_kept_with_its_media_and_a_first_observation(house: "House") -> None:
    house.post(3)
    answer = await record(house)
    assert (answer["recorded"], answer["updated"], answer["failed"]) == (1, 0, 0)
    (told,) = answer["results"]
    assert (told["outcome"], told["assets"], told["new_assets"]) == ("recorded", 3, 3)
    assert (told["reactions"], told["comments"], told["creator"]) == (9, 6, "Ana")
    assert await everything(house) == dict.fromkeys(TABLES, 3) | {
        "posts": 1,
        "watches": 1,
        "generation_parameters": 0,
    }
    assert await likes(house) == [1, 2, 3]


async def test_recording_again_changes_nothing_that_did_not_change(house: "House") -> None:
    house.post(3)
    await record(house)
    before = await house.rows("select asset_id, image_id, recorded_at, updated_at from assets order by 1")
    rows = await everything(house)
    house.advance(hours=1)
    (told,) = (await record(house))["results"]
    assert (told["outcome"], told["new_assets"]) == ("updated", 0)
    assert await house.rows("select asset_id, image_id, recorded_at, updated_at from assets order by 1") == before
    assert await everything(house) == rows


async def test_a_rise_is_one_more_row_with_its_gain(house: "House") -> None:
    items = house.post(3)
    await record(house)
    house.world.set_stats(items[0].id, like=11)
    house.advance(hours=1)
    await record(house)
    rows = await house.rows("select image_id, like_count, like_gain from image_stats_history where event = 'change'")
    assert rows == [(items[0].id, 11, 10)]


async def test_a_media_added_to_a_post_is_added_to_its_assets(house: "House") -> None:
    house.post(2)
    await record(house)
    house.world.add_item(Item(), post_id=77)
    house.advance(hours=1)
    (told,) = (await record(house))["results"]
    assert (told["assets"], told["new_assets"]) == (3, 1)


async def test_one_post_that_fails_does_not_undo_the_others(house: "House") -> None:
    house.post(2, 77)
    house.post(2, 79)
    answer = await record(house, 77, 78, "https://civitai.com/images/1", 79)
    assert [told["outcome"] for told in answer["results"]] == ["recorded", "failed", "failed", "recorded"]
    assert "Civitai lists no media for post 78" in answer["results"][1]["error"]
    assert "an image, not a post" in answer["results"][2]["error"]
    assert answer["summary"].startswith("2 posts recorded, 2 posts failed: 4 media")
    assert await house.rows("select post_id from posts order by 1") == [(77,), (79,)]


async def test_trouble_in_the_middle_of_a_list_costs_one_post(house: "House", monkeypatch: pytest.MonkeyPatch) -> None:
    for post_id in (77, 78, 79):
        house.post(2, post_id)
    whole = Assets.record

    async def failing(self: Assets, *media: Any, post_id: int, **more: Any) -> int:
        if post_id == 78:
            raise asyncpg.ConnectionDoesNotExistError("gone")
        return await whole(self, *media, post_id=post_id, **more)

    monkeypatch.setattr(Assets, "record", failing)
    answer = await record(house, 77, 78, 79)
    assert [told["outcome"] for told in answer["results"]] == ["recorded", "failed", "recorded"]
    assert await house.rows("select distinct post_id from images order by 1") == [(77,), (79,)]


async def test_the_whole_costs_as_many_requests_as_it_must(house: "House") -> None:
    house.post(150)
    await record(house)
    assert [one["path"] for one in await house.asked()] == ["/api/v1/posts/77", "/api/v1/images", "/api/v1/images"]


async def test_an_empty_post_is_not_recorded(house: "House") -> None:
    house.post(0)
    (told,) = (await record(house))["results"]
    assert (told["outcome"], told.get("post_id")) == ("failed", None)
    assert "nothing to record" in told["error"]
    assert await everything(house) == dict.fromkeys(TABLES, 0)


async def test_what_the_post_says_of_itself_is_kept(house: "House") -> None:
    house.post(2, title="Lighthouses", detail="<p>at sea</p>", tags=((1, "sea"), (2, "light")))
    await record(house)
    kept = await house.rows(
        "select title, description, tags, username, nsfw_level, published_at, created_by from posts"
    )
    assert kept == [("Lighthouses", "<p>at sea</p>", ["sea", "light"], "Ana", 3, house.clock.now(), "Keeper")]


@pytest.mark.parametrize("absent", ["route", "post", "turn"])
async def test_without_the_post_s_own_word_its_media_are_kept_with_no_title(house: "House", absent: str) -> None:
    house.post(2, title="Lighthouses")
    if absent == "route":
        house.world.switches = Switches()
    if absent == "post":
        del house.world.posts[77]
    if absent == "turn":
        house.world.switches = Switches(post_endpoint=True, posts_per_minute=0)
    (told,) = (await record(house))["results"]
    assert (told["outcome"], told["title"]) == ("recorded", None)
    assert (told["note"] is None) == (absent != "turn")
    assert await house.rows("select title, username from posts") == [(None, "Ana")]


async def test_a_title_civitai_did_not_answer_for_is_said_and_filled_in_by_recording_again(house: "House") -> None:
    house.post(2, title="Lighthouses", tags=((1, "sea"),))
    await house.arm("edge-502", path="/api/v1/posts")
    (told,) = (await record(house))["results"]
    assert (told["outcome"], told["title"]) == ("recorded", None)
    assert told["note"] == "Civitai did not give its title, tags and date: record it again later."
    assert await house.rows("select title, tags, title_unread from posts") == [(None, [], True)]
    await house.heal()
    (told,) = (await record(house))["results"]
    assert (told["outcome"], told["title"], told["note"]) == ("updated", "Lighthouses", None)
    assert await house.rows("select title, tags, title_unread from posts") == [("Lighthouses", ["sea"], False)]


async def test_the_title_of_a_post_recorded_by_hand_is_still_to_be_read_where_civitai_did_not_answer(
    house: "House",
) -> None:
    house.post(2, title="Lighthouses")
    await house.good("create_civitai_post", civitai_id=77, civitai_url="https://civitai.com/posts/77", title="Mine")
    await house.arm("edge-502", path="/api/v1/posts")
    await record(house)
    assert await house.rows("select title, title_unread from posts") == [("Mine", True)]


async def test_a_title_once_known_outlives_a_look_without_one(house: "House") -> None:
    house.post(2, title="Lighthouses", tags=((1, "sea"),))
    await record(house)
    house.advance(hours=1)
    house.world.switches = Switches()
    await record(house)
    house.advance(hours=1)
    house.world.switches = Switches(post_endpoint=True)
    await house.arm("edge-502", path="/api/v1/posts")
    await record(house)
    assert await house.rows("select title, tags, title_unread from posts") == [("Lighthouses", ["sea"], False)]


async def test_generation_parameters_are_kept(house: "House") -> None:
    item = house.post(1)[0]
    house.world.change(item.id, meta={"prompt": "a lighthouse", "seed": 2**70, "odd key": [1]})
    await record(house)
    rows = await house.rows("select image_id, prompt, seed::text, additional_params::text from generation_parameters")
    assert rows == [(item.id, "a lighthouse", str(2**70), '{"odd key": [1]}')]


async def test_counters_that_cannot_be_read_are_kept_as_they_came(house: "House") -> None:
    house.post(2)
    await house.arm("stats-null")
    (told,) = (await record(house))["results"]
    assert (told["reactions"], told["comments"]) == (None, None)
    assert "Civitai sent no counters for 2 media: unknown, not zero." in told["note"]
    assert "2 media could not be read and were kept as rejects." in told["note"]
    assert [row[0] for row in await house.rows("select raw like '%\"stats\": null%' from rejects")] == [True, True]
    assert await likes(house) == [None, None]


async def test_an_item_without_an_id_is_kept_aside_and_costs_its_neighbours_nothing(house: "House") -> None:
    house.post(2)
    house.world.add_item({"id": "x", "postId": 77, "url": "odd", "createdAt": "2026-05-01T00:00:00Z"})
    (told,) = (await record(house))["results"]
    assert told["assets"] == 2
    assert await house.rows("select subject, reason from rejects") == [("image", "it has no usable id")]


async def test_withdrawn_reactions_are_kept_aside_until_a_later_look_says_the_same(house: "House") -> None:
    items = house.post(3)
    await record(house)
    house.world.set_stats(items[2].id, like=1)
    house.advance(hours=1)
    (told,) = (await record(house))["results"]
    assert "Counters of 1 media could not be believed and were kept aside" in told["note"]
    assert await likes(house) == [1, 2, 3]
    assert await house.rows("select image_id, reason, route, seen::jsonb ->> 'like' from suspects") == [
        (items[2].id, "suspect fall", "post", "1")
    ]
    house.advance(hours=1)
    await record(house)
    assert await likes(house) == [1, 2, 1]
    assert await events(house) == ["fall"]


async def test_a_fall_that_was_not_so_leaves_no_trace_in_the_history(house: "House") -> None:
    items = house.post(3)
    await record(house)
    for count in (1, 4):
        house.world.set_stats(items[2].id, like=count)
        house.advance(hours=1)
        await record(house)
    assert await likes(house) == [1, 2, 4]
    assert await events(house) == ["change"]


async def test_zeros_at_first_sight_are_believed_when_seen_again(house: "House") -> None:
    house.world.add_post(post_id=77, items=[Item()])
    states = []
    for _ in range(2):
        await record(house)
        states += await house.rows("select like_count, unconfirmed from image_tracking")
        house.advance(hours=1)
    assert states == [(0, True), (0, False)]


async def test_a_page_of_zeros_over_what_was_recorded_changes_nothing(house: "House") -> None:
    house.post(3)
    await record(house)
    house.advance(hours=1)
    await house.arm("zero-stats")
    (told,) = (await record(house))["results"]
    assert (told["reactions"], told["comments"]) == (None, None)
    assert "Counters of 3 media could not be believed" in told["note"]
    assert await likes(house) == [1, 2, 3]
    assert await house.rows("select reason, count(*) from suspects group by 1") == [("unbelievable", 3)]
    assert await events(house) == []


async def test_two_processes_that_record_one_post_at_once_make_one_set_of_rows(house: "House") -> None:
    house.post(40)
    other = house.another()
    first, second = await asyncio.gather(record_post(house.runtime, 77), record_post(other, 77))
    assert sorted([first.is_new, second.is_new]) == [False, True]
    assert first.new_assets + second.new_assets == 40
    rows = await everything(house)
    assert (rows["posts"], rows["assets"], rows["image_stats_history"]) == (1, 40, 40)


async def test_processes_that_record_overlapping_lists_at_once_do_not_lock_each_other_out(house: "House") -> None:
    for post_id in (77, 78, 79):
        house.post(20, post_id)
    runtimes = [house.runtime, house.another()]
    told = await asyncio.gather(
        house.call(RECORD, on=runtimes[0], posts=[77, 78, 79]), house.call(RECORD, on=runtimes[1], posts=[79, 78, 77])
    )
    failed = [row for one in told for row in one.rows if row.startswith("failed")]
    assert failed == []
    assert (await everything(house))["assets"] == 60


async def interrupted(house: "House", monkeypatch: pytest.MonkeyPatch, then: Any) -> None:
    """Let `then` happen when all but the last statement of the transaction is written."""
    whole = Doubts.suspect

    async def stopped(self: Doubts, *suspects: Any, **more: Any) -> None:
        await whole(self, *suspects, **more)
        await then(self._connection)

    monkeypatch.setattr(Doubts, "suspect", stopped)


async def test_a_cancelled_record_leaves_nothing_half_done(house: "House", monkeypatch: pytest.MonkeyPatch) -> None:
    house.post(3)
    reached, never = asyncio.Event(), asyncio.Event()

    async def wait(_: object) -> None:
        reached.set()
        await never.wait()

    await interrupted(house, monkeypatch, wait)
    task = asyncio.create_task(record_post(house.runtime, 77))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await everything(house) == dict.fromkeys(TABLES, 0)
    monkeypatch.undo()
    assert (await record(house))["recorded"] == 1


async def test_a_connection_killed_in_the_middle_leaves_nothing_half_done(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    house.post(3)

    async def kill(connection: Any) -> None:
        await house.run("select pg_terminate_backend($1)", await connection.fetchval("select pg_backend_pid()"))
        await connection.execute("select 1")

    await interrupted(house, monkeypatch, kill)
    with pytest.raises(StoreDown):
        await record_post(house.runtime, 77)
    assert await everything(house) == dict.fromkeys(TABLES, 0)
    monkeypatch.undo()
    assert (await record(house))["recorded"] == 1


async def test_a_post_whose_civitai_falls_silent_is_not_recorded(house: "House") -> None:
    house.post(3)
    await house.arm("edge-502", path="/api/v1/images")
    (told,) = (await record(house))["results"]
    assert (told["outcome"], "fault of its own (502)" in told["error"]) == ("failed", True)
    assert await everything(house) == dict.fromkeys(TABLES, 0)


async def test_the_text_says_what_became_of_each_post(house: "House") -> None:
    house.post(2, title="Light|houses\nfailed|1")
    told = await house.call(RECORD, posts=[77, "x"])
    assert told.rows[1:] == [
        "outcome|post|creator|title|media|new|reactions|comments|remark",
        "recorded|77|Ana|Light/houses failed/1|2|2|5|4|",
        f"failed|x|{told.data['results'][1]['error']}",
    ]


async def test_an_older_look_does_not_undo_a_newer_one(house: "House") -> None:
    items = house.post(1)
    older = await house.runtime.civitai.post_media(77)
    house.advance(hours=1)
    house.world.set_stats(items[0].id, like=9)
    await record(house)

    late = house.another()

    async def from_then(*_: object, **__: object) -> object:
        return older

    late.civitai.post_media = from_then  # type: ignore[method-assign,assignment] # a look that took an hour to arrive
    assert (await record_post(late, 77)).changed == 0
    assert await likes(house) == [9]


async def test_each_thing_an_image_was_made_with_is_kept_once(house: "House") -> None:
    meta = {
        "prompt": "x <lora:Foo:0.5>",
        "sampler": "Undefined",
        "Model": "m",
        "VAE": "v.safetensors",
        "hashes": {"model": "aadddd3d75", "vae": "0x0B204AD0CA", "lora:foo": "1234567890"},
        "resources": [{"type": "lycoris", "name": "style/foo.safetensors", "weight": 0.5}],
        "additionalResources": [{"name": "l", "strength": 0.6, "air": "urn:air:sdxl:lora:civitai:111@222.safetensors"}],
    }
    house.world.add_post(post_id=77, items=[Item(meta=meta)])
    await house.good("record_civitai_post", posts=["77"])
    kept = await house.rows(
        "select coalesce(type, '?'), name, version_id, hash, weight from image_resources order by 1, 2"
    )
    assert kept == [
        ("checkpoint", "m", None, "aadddd3d75", None),
        ("lora", "l", 222, None, 0.6),
        ("lora", "style/foo.safetensors", None, "1234567890", 0.5),
        ("vae", "v.safetensors", None, "0b204ad0ca", None),
    ]
    assert await house.rows("select sampler from generation_parameters") == [(None,)]


async def test_without_dislikes_the_other_five_counters_are_kept_and_grow(house: "House") -> None:
    def without(like: int) -> dict[str, Any]:
        stats = {"likeCount": like, "heartCount": 2, "laughCount": 0, "cryCount": 0, "commentCount": 3}
        return {
            "id": 907,
            "postId": 77,
            "url": "https://image.civitai.com/x/907.jpeg",
            "username": "Ana",
            "stats": stats,
        }

    house.world.add_post(post_id=77, username="Ana", items=[without(1)])
    live = await house.good("fetch_civitai_post_assets", post_id=77)
    assert live["assets"][0]["engagement_stats"]["dislike"] is None
    assert live["assets"][0]["engagement_stats"]["comment"] == 3
    await house.good("record_civitai_post", posts=["77"])
    house.world.put(replace(house.world.items_of(77)[0], raw=without(5)))
    house.advance(hours=4)
    await house.good("sync_post_asset_stats", civitai_post_id=77)
    rows = await house.rows(
        "select event, like_count, comment_count, dislike_count, like_gain from image_stats_history "
        "order by collected_at"
    )
    assert rows == [("first", 1, 3, None, 0), ("change", 5, 3, None, 4)]
