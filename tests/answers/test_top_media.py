"""What `get_top_media` answers."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

TOP = "get_top_media"


def ids(answer: Any) -> list[str]:
    return [row["civitai_image_id"] for row in answer["top"]]


def four(house: "House") -> list[str]:
    """Four media, each the best by another measure; the last two are videos."""
    house.post(4)
    counters = [
        {"like": 9, "heart": 0, "laugh": 0, "cry": 0, "comment": 0},
        {"like": 5, "heart": 5, "laugh": 0, "cry": 0, "comment": 1},
        {"like": 0, "heart": 6, "laugh": 2, "cry": 1, "comment": 2},
        {"like": 1, "heart": 1, "laugh": 0, "cry": 0, "comment": 20},
    ]
    for item, change in zip(house.world.items_of(77), counters, strict=True):
        house.world.set_stats(item.id, **change)
    for item in house.world.items_of(77)[2:]:
        house.world.change(item.id, type="video")
    return house.ids()


@pytest.mark.parametrize(
    ("by", "order", "values"),
    [
        ("likes", [0, 1, 3, 2], [9, 5, 1, 0]),
        ("hearts", [2, 1, 3, 0], [6, 5, 1, 0]),
        ("likes_and_hearts", [1, 0, 2, 3], [10, 9, 6, 2]),
        ("comments", [3, 2, 1, 0], [20, 2, 1, 0]),
        ("total", [3, 1, 2, 0], [22, 11, 11, 9]),
    ],
)
async def test_media_are_ranked_by_each_measure(live: "House", by: str, order: list[int], values: list[int]) -> None:
    every = four(live)
    answer = await live.good(TOP, posts=[77], by=by)
    assert ids(answer) == [every[place] for place in order]
    assert [row["value"] for row in answer["top"]] == values


async def test_equal_values_share_a_rank_and_the_next_counts_on(live: "House") -> None:
    four(live)
    assert [row["rank"] for row in (await live.good(TOP, posts=[77]))["top"]] == [1, 2, 2, 4]


async def test_one_type_is_ranked_alone_while_all_are_compared(live: "House") -> None:
    every = four(live)
    answer = await live.good(TOP, posts=[77], type="video", by="comments")
    assert ids(answer) == [every[3], every[2]]
    assert [(one["type"], one["media"], one["known"]) for one in answer["by_type"]] == [
        ("image", 2, 2),
        ("video", 2, 2),
    ]
    assert answer["summary"] == f"Of 2 videos in 1 post, video {every[3]} leads by comments with 20."


async def test_types_are_compared_by_their_means(live: "House") -> None:
    four(live)
    images, videos = (await live.good(TOP, posts=[77], by="hearts"))["by_type"]
    assert (images["mean_value"], images["mean_reactions"], images["mean_comments"]) == (2.5, 9.5, 0.5)
    assert (videos["mean_value"], videos["mean_reactions"], videos["mean_comments"]) == (3.5, 5.5, 11)
    assert videos["stats"] == {"like": 1, "heart": 7, "laugh": 2, "cry": 1, "dislike": 0, "comment": 22}


async def test_unknown_counters_are_left_out_of_ranks_and_means_and_said(house: "House") -> None:
    four(house)
    await house.good("record_civitai_post", posts=[77])
    house.advance(minutes=5)
    best = house.world.items_of(77)[3]
    house.world.set_stats(best.id, like=0, heart=0, comment=0)
    answer = await house.good(TOP, posts=[77])
    assert (answer["compared"], str(best.id) in ids(answer)) == (3, False)
    assert [(one["media"], one["known"]) for one in answer["by_type"]] == [(2, 2), (2, 1)]
    assert any("taken as unknown, not zero" in note for note in answer["notes"])


async def test_all_unknown_ranks_nothing_and_says_so(live: "House") -> None:
    four(live)
    await live.arm("stats-null")
    told = await live.call(TOP, posts=[77])
    assert (told.is_error, told.data["top"], told.data["compared"]) == (False, [], 0)
    assert [one["mean_value"] for one in told.data["by_type"]] == [None, None]
    assert told.data["summary"] == "The counters of all 4 media in 1 post are unknown right now."
    assert "image|2|0|?|?|?|?|?|?" in told.rows


async def test_a_post_named_twice_counts_once(live: "House") -> None:
    four(live)
    answer = await live.good(TOP, posts=["77", 77, "https://civitai.com/posts/77"])
    assert answer["compared"] == 4
    assert len(await live.asked()) == 1


async def test_one_post_that_fails_does_not_spoil_the_others(live: "House") -> None:
    four(live)
    live.post(2, 79)
    answer = await live.good(TOP, posts=[77, 78, 79])
    assert answer["compared"] == 6
    ((post, error),) = [(one["post"], one["error"]) for one in answer["failed"]]
    assert post == "78"
    assert error.startswith("Civitai lists no media for post 78.")
    assert "in 2 posts (1 more could not be read)" in answer["summary"]


@pytest.mark.parametrize("posts", [[78], [78, 78], [78, 79]])
async def test_where_no_post_can_be_read_the_call_fails(live: "House", posts: list[int]) -> None:
    told = await live.call(TOP, posts=posts)
    assert told.is_error
    assert "Civitai lists no media for post 78." in told.text


async def test_what_the_limit_leaves_out_is_counted(live: "House") -> None:
    four(live)
    answer = await live.good(TOP, posts=[77], limit=1)
    assert (len(answer["top"]), answer["left_out"], answer["compared"]) == (1, 3, 4)


async def test_a_type_that_is_not_there_is_said(live: "House") -> None:
    four(live)
    assert (await live.good(TOP, posts=[77], type="audio"))["summary"] == "1 post holds no audio."


async def test_the_text_is_a_line_a_media_and_a_line_a_type(live: "House") -> None:
    every = four(live)
    told = await live.call(TOP, posts=[77], limit=1)
    assert told.rows[1] == "rank|total|id|type|like|heart|laugh|cry|comment|post|url"
    assert told.rows[2].startswith(f"1|22|{every[3]}|video|1|1|0|0|20|77|https://")
    assert "image|2|2|10.0|9.5|0.5|?|?|?" in told.rows
    assert "(3 more are ranked: ask with a larger limit)" in told.rows


@pytest.mark.parametrize(
    ("by", "like", "lead"),
    [
        ("total", 0, "none has any reactions or comments yet"),
        ("likes_and_hearts", 0, "none has any likes or hearts yet"),
        ("comments", 4, "none has any comments yet"),
        ("likes", 4, "2 share the lead by likes with 4 each"),
    ],
)
async def test_a_shared_lead_and_no_lead_at_all_name_no_leader(live: "House", by: str, like: int, lead: str) -> None:
    for place, item in enumerate(live.post(3)):
        live.world.set_stats(item.id, like=like if place else 0, heart=0, comment=0)
    answer = await live.good(TOP, posts=[77], by=by)
    assert answer["summary"] == f"Of 3 media in 1 post, {lead}."
