"""What `list_civitai_posts` answers."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

LIST = "list_civitai_posts"


def ids(answer: Any) -> list[str]:
    return [post["post_id"] for post in answer["posts"]]


async def record(house: "House", *posts: int) -> None:
    answer = await house.good("record_civitai_post", posts=list(posts))
    assert answer["failed"] == 0, answer


async def library(house: "House") -> None:
    """Three posts of two creators: 77 of today, 78 of a day ago, 79 of two days ago."""
    for post_id, username in ((77, "Ana"), (78, "Bo"), (79, "ana")):
        published_at = house.clock.now() - timedelta(days=post_id - 77)
        house.post(2, post_id, username=username, title=f"Post {post_id}", published_at=published_at)
    await record(house, 78, 79, 77)


async def test_posts_come_newest_first_with_what_they_have(house: "House") -> None:
    await library(house)
    answer = await house.good(LIST)
    assert ids(answer) == ["77", "78", "79"]
    assert (answer["count"], answer["total"], answer["next_offset"]) == (3, 3, None)
    first = dict(answer["posts"][0])
    assert first.pop("civitai_url") == f"{house.url}/posts/77"
    assert first == {
        "post_id": "77",
        "civitai_id": "77",
        "title": "Post 77",
        "status": "published",
        "creator": "Ana",
        "created_by": "Keeper",
        "published_at": "2026-05-01T12:00:00Z",
        "asset_count": 2,
        "engagement": {
            "like": 3,
            "heart": 2,
            "laugh": 0,
            "cry": 0,
            "dislike": 0,
            "comment": 4,
            "as_of": "2026-05-01T12:00:00Z",
            "gain_24h": None,
            "gain_7d": None,
        },
    }


async def test_posts_of_one_instant_are_told_apart_by_their_ids(house: "House") -> None:
    for post_id in (80, 81, 77, 79):
        house.post(1, post_id)
    await record(house, 79, 81, 77, 80)
    pages = [await house.good(LIST, limit=1, offset=offset) for offset in range(4)]
    assert [one for page in pages for one in ids(page)] == ["81", "80", "79", "77"]
    assert [page["next_offset"] for page in pages] == [1, 2, 3, None]
    assert {(page["count"], page["total"]) for page in pages} == {(1, 4)}


async def test_the_sums_of_a_page_are_not_told_as_those_of_all(house: "House") -> None:
    await library(house)
    summaries = [(await house.good(LIST, limit=limit, offset=offset))["summary"] for limit, offset in ((2, 0), (1, 2))]
    seen = ", observed 2026-05-01 12:00 UTC or later."
    assert summaries == [
        f"3 recorded posts (here 1 to 2, newest first); these 2 have 10 reactions and 8 comments{seen}",
        f"3 recorded posts (here 3 to 3, newest first); this one has 5 reactions and 4 comments{seen}",
    ]
    assert (await house.good(LIST))["summary"] == f"3 recorded posts with 15 reactions and 12 comments{seen}"


async def test_past_the_end_there_is_nothing_but_the_total(house: "House") -> None:
    await library(house)
    answer = await house.good(LIST, offset=9)
    assert (answer["posts"], answer["count"], answer["total"], answer["next_offset"]) == ([], 0, 3, None)
    assert answer["summary"] == "Offset 9 is past the end: 3 recorded posts."


@pytest.mark.parametrize(
    ("name", "matched"),
    [
        ("ana", {"77": "creator", "79": "creator"}),
        ("@ANA ", {"77": "creator", "79": "creator"}),
        ("bo", {"78": "creator"}),
        ("https://civitai.com/user/Ana", {"77": "creator", "79": "creator"}),
        (" civitai.com/user/ANA/ ", {"77": "creator", "79": "creator"}),
        ("team/ana", {}),
        ("kEEPER", dict.fromkeys(("77", "78", "79"), "recorder")),
        ("nobody", {}),
        ("an", {}),
        ("%", {}),
    ],
)
async def test_a_creator_or_who_recorded_is_found_in_any_case_and_which_is_said(
    house: "House", name: str, matched: dict[str, str]
) -> None:
    await library(house)
    answer = await house.good(LIST, created_by=name)
    assert {post["post_id"]: post["matched_by"] for post in answer["posts"]} == matched
    assert answer["total"] == len(matched)


async def test_a_url_that_is_no_creator_s_says_so(house: "House") -> None:
    told = await house.call(LIST, created_by="https://civitai.com/posts/77")
    assert (told.is_error, "is not the page of a creator. Pass a creator's name" in told.text) == (True, True)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-04-30T12:00:00Z", "", ["77", "78"]),
        ("2026-04-30T12:00:01Z", "", ["77"]),
        ("2026-04-30", "2026-04-30", ["78"]),
        ("20260430", "20260430", ["78"]),
        ("", "2026-04-29", ["79"]),
        ("", "2026-04-30T11:59:59", ["79"]),
        ("", "2026-04-30T14:00:00+02:00", ["78", "79"]),
        ("2026-05-02", "", []),
        ("", "9999-12-31", ["77", "78", "79"]),
    ],
)
async def test_times_hold_for_the_publication_and_a_day_is_whole(
    house: "House", start: str, end: str, found: list[str]
) -> None:
    await library(house)
    assert ids(await house.good(LIST, start_time=start, end_time=end)) == found


async def test_where_the_publication_is_unknown_times_hold_for_the_recording(house: "House") -> None:
    await library(house)
    await house.run("update posts set published_at = null where post_id = 79")
    assert ids(await house.good(LIST, start_time="2026-05-01")) == ["79", "77"]
    told = await house.call(LIST, start_time="2026-05-01")
    assert "79|Post 79|ana|published|recorded 2026-05-01T12:00:00Z|2|" in told.text


async def test_a_status_is_matched(house: "House") -> None:
    await library(house)
    await house.run("update posts set status = 'failed' where post_id = 78")
    assert ids(await house.good(LIST, status="failed")) == ["78"]
    assert ids(await house.good(LIST, status="published")) == ["77", "79"]


@pytest.mark.parametrize("wanted", [78, "78", "https://civitai.com/posts/78", "https://civitai.com/posts/78/"])
async def test_one_post_is_found_by_id_and_by_url(house: "House", wanted: str | int) -> None:
    await library(house)
    assert ids(await house.good(LIST, civitai_id=wanted)) == ["78"]


async def test_filters_all_hold(house: "House") -> None:
    await library(house)
    assert ids(await house.good(LIST, created_by="ana", start_time="2026-04-30", status="published")) == ["77"]
    told = await house.call(LIST, created_by="bo", civitai_id=77)
    assert told.text.startswith("No recorded post matches. Record posts with record_civitai_post")


async def test_an_empty_library_says_how_to_fill_it(house: "House") -> None:
    told = await house.call(LIST)
    assert told.text == "Nothing is recorded yet. Record posts with record_civitai_post, by id or URL."
    assert told.data["total"] == 0


async def look(house: "House", likes: int, **later: float) -> None:
    house.advance(**later)
    house.world.set_stats(house.world.items_of(77)[0].id, like=likes)
    await record(house, 77)


async def gains(house: "House") -> tuple[int | None, int | None]:
    engagement = (await house.good(LIST))["posts"][0]["engagement"]
    return engagement["gain_24h"], engagement["gain_7d"]


async def test_gains_are_those_of_their_windows(house: "House") -> None:
    """Likes 10, then 15, 21, 28 … at the end of each four hours: 5, 6, 7 … more."""
    house.post(1)
    seen, likes = [10], 10
    await look(house, likes)
    assert await gains(house) == (None, None)  # one look is no gain
    for step in range(48):
        assert step == 0 or await gains(house) == (
            seen[-1] - seen[max(-7, -len(seen))],
            likes - seen[max(-43, -len(seen))],
        )
        likes += 5 + step
        seen.append(likes)
        await look(house, likes, hours=4)


async def test_a_gain_counts_reactions_and_comments_and_takes_off_what_was_withdrawn(house: "House") -> None:
    item = house.post(1)[0]
    house.world.set_stats(item.id, like=10, heart=5, comment=1)
    await record(house, 77)
    house.advance(hours=25)
    await record(house, 77)
    for change in ({"like": 12, "comment": 4, "cry": 1}, {"heart": 3}, {"heart": 3}):
        house.advance(hours=1)
        house.world.set_stats(item.id, **change)
        await record(house, 77)
    assert await gains(house) == (2 + 3 + 1 - 2, 2 + 3 + 1 - 2)


async def test_nothing_gained_is_zero_only_where_the_window_is_covered(house: "House") -> None:
    house.post(1, published_at=house.clock.now() - timedelta(days=9))
    await record(house, 77)
    house.advance(hours=23)
    await record(house, 77)
    assert await gains(house) == (None, None)
    house.advance(hours=2)
    await record(house, 77)
    assert await gains(house) == (0, None)
    house.advance(hours=29)  # and nobody looked
    assert await gains(house) == (None, None)


async def test_what_came_out_inside_the_window_is_told_since_its_publication_however_late_it_was_found(
    house: "House",
) -> None:
    house.post(1, published_at=house.clock.now() - timedelta(days=2))
    house.world.set_stats(house.world.items_of(77)[0].id, like=90)
    await record(house, 77)
    house.advance(hours=2)
    await record(house, 77)
    (row,) = (await house.good(LIST))["posts"]
    assert (row["engagement"]["gain_24h"], row["engagement"]["gain_7d"], row["gain_since"]) == (None, 93, "publication")
    (mover,) = (await house.good("get_top_movers", window="7d"))["movers"]
    (audited,) = (await house.good("audit_library", checks=0))["posts"]
    history = await house.good("get_engagement_history", post="77")
    assert mover["gain"] == audited["gain_7d"] == history["gain"] == 93
    house.advance(days=8)
    assert (await house.good(LIST))["posts"][0].get("gain_since") is None  # nobody looked for a week


async def test_a_change_seen_after_a_long_gap_is_no_gain_of_the_last_day(house: "House") -> None:
    house.post(1)
    await record(house, 77)
    await look(house, 500, days=8)
    assert await gains(house) == (None, 499)
    told = await house.call(LIST)
    assert "A gain is null where our observations do not cover its window." in told.data["notes"]


async def test_the_gain_of_a_post_is_known_only_where_that_of_each_media_is(house: "House") -> None:
    items = house.post(2)
    await record(house, 77)
    house.advance(hours=30)
    await record(house, 77)
    await house.run("delete from image_stats_history where image_id = $1", items[1].id)
    await house.run(
        "insert into image_stats_history select image_id, as_of, cry_count, laugh_count, like_count, dislike_count, "
        "heart_count, comment_count, 0, 0, 0, 0, 0, 0, null, 'first' from image_tracking where image_id = $1",
        items[1].id,
    )
    assert await gains(house) == (None, 5)  # the second was published in the last days


async def test_counters_not_known_yet_are_null_and_said(house: "House") -> None:
    house.post(2)
    await house.arm("stats-null")
    await record(house, 77)
    told = await house.call(LIST)
    assert told.data["posts"][0]["engagement"]["like"] is None
    assert told.data["notes"] == ["No counters have been observed yet: unknown, not zero."]
    assert "|2|?|?|?|?|?|?|?" in told.text


async def test_sums_over_a_part_of_the_media_say_so(house: "House") -> None:
    items = house.post(2)
    await record(house, 77)
    await house.run("update image_tracking set like_count = null where image_id = $1", items[1].id)
    answer = await house.good(LIST)
    assert answer["posts"][0]["engagement"]["like"] == 1
    assert "Only 1 of 2 media have known counters; the sums are over those." in answer["notes"]


async def test_details_show_the_best_twenty_and_count_the_others(house: "House") -> None:
    house.post(23, title="Many", detail="about it", tags=((1, "sea"),))
    await record(house, 77)
    told = await house.call(LIST, include_details=True)
    (post,) = told.data["posts"]
    assert (post["tags"], post["description"], post["asset_count"], post["more_assets"]) == (["sea"], "about it", 23, 3)
    assert [asset["civitai_id"] for asset in post["assets"]] == house.ids()[::-1][:20]
    assert post["assets"][0]["engagement"] == {"like": 23, "heart": 1, "laugh": 0, "cry": 0, "comment": 2}
    assert "(+3 more: civitai_id=77, or get_top_media)" in told.text


async def test_without_details_heavy_fields_are_absent(house: "House") -> None:
    await library(house)
    for post in (await house.good(LIST))["posts"]:
        assert {"tags", "description", "assets", "more_assets", "matched_by"}.isdisjoint(post)


async def test_a_doubt_about_some_posts_names_the_first_of_them(house: "House") -> None:
    for post_id in range(77, 83):
        house.post(1, post_id)
    await record(house, 77)
    await house.arm("stats-null")
    await record(house, *range(78, 83))
    notes = (await house.good(LIST))["notes"]
    assert "No counters have been observed yet: unknown, not zero. (post 82, 81, 80 and 2 more)" in notes
    assert "A gain is null where our observations do not cover its window. (post 77)" in notes
