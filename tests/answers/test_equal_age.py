"""Whether videos do better: types and base models at equal age, as far as history allows."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from civitai_engagement.answers.insight.equal_age import ALIKE
from civitai_engagement.answers.insight.top_media_shape import AGES_DIFFER
from civitai_engagement.sandbox import Item
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.house import House

TOP, SUMMARY = "get_top_media", "summarize_creator"
POSTS = range(700, 712)
AT_AGE = ("n", "in_posts", "median", "low", "high")


def media(post: int, place: int, type_: str, day: int, *, days: float = 3, later: int = 0) -> Grown:
    """One media so many days old with `day` likes at 24 h and `later` more since."""
    likes = ((1, day // 2), (24, day), *(((30, day + later),) if later else ()))
    born = START - timedelta(days=days)
    return Grown(post * 10 + place, post=post, born=born, likes=likes, seen_to=days * 24, type=type_)


async def both(house: "House", grown: list[Grown]) -> None:
    """Put media onto Civitai as they are stored, and open the database."""
    await write(house.database_url, grown)
    for post in sorted({one.post for one in grown}):
        items = [Item(id=one.id, type=one.type) for one in grown if one.post == post]
        house.world.add_post(post_id=post, username="Ana", items=items, published_at=START - timedelta(days=3))
    for one in grown:
        house.world.set_stats(one.id, like=one.likes[-1][1], heart=0, laugh=0, cry=0, comment=0)
    await house.runtime.store.open()


def mixed(videos: "Callable[[int], int]", later: int = 0) -> list[Grown]:
    """Twelve posts of two images, with 51, 52 ... likes at 24 h of age and those later, and one video each."""
    return [
        one
        for post in POSTS
        for one in (
            media(post, 1, "image", 51 + post - 700, later=later),
            media(post, 2, "image", 51 + post - 700, later=later),
            media(post, 3, "video", videos(post)),
        )
    ]


def at_age(rows: list[dict[str, Any]], name: str) -> dict[str, list[Any]]:
    assert {one["at_age"] for one in rows} == {"24 h"}
    return {one[name]: [one[key] for key in AT_AGE] for one in rows}


async def test_a_type_with_less_now_but_more_at_equal_age_is_said_to_go_with_more(house: "House") -> None:
    """The images have 551 and more by now, the videos 101 and more; at 24 h of age the images had half of them."""
    await both(house, mixed(lambda post: 101 + post - 700, later=500))
    told = await house.call(TOP, posts=list(POSTS), limit=1)
    by_type = at_age(told.data["by_type"], "type")
    assert by_type["image"][:3] == [24, 12, 56.5]
    assert by_type["video"][:3] == [12, 12, 106]
    assert 51 <= by_type["image"][3] < by_type["image"][4] < by_type["video"][3]
    (image, video) = (f"{mid:g} ({low:g} to {high:g}, from" for _, _, mid, low, high in by_type.values())
    assert told.data["summary"].endswith(
        "; at 24 h of age video goes with more reactions and comments than image: "
        f"image {image} 24 media in 12 posts), video {video} 12 media in 12 posts)."
    )
    assert AGES_DIFFER not in told.data["notes"]
    assert any(one["mean_value"] > 500 and one["type"] == "image" for one in told.data["by_type"])


async def test_types_whose_intervals_touch_cannot_be_told_apart(house: "House") -> None:
    await both(house, mixed(lambda post: 52 + post - 700))
    told = await house.good(TOP, posts=list(POSTS))
    assert "; at 24 h of age video and image cannot be told apart: image 56.5 (" in told["summary"]
    alone = await house.good(TOP, posts=list(POSTS), type="video")
    assert alone["summary"] == "Of 12 videos in 12 posts, video 7113 leads by total with 63."
    assert alone["by_type"] == told["by_type"]


async def test_a_few_posts_are_no_witnesses_however_many_media_they_hold(house: "House") -> None:
    """One post of fifteen videos that did well says nothing of videos: its media have medians and no interval."""
    images = [media(700, place, "image", 50 + place) for place in range(15)]
    await both(house, [*images, *(media(710, place, "video", 500 + place) for place in range(15))])
    told = await house.good(TOP, posts=[700, 710])
    assert at_age(told["by_type"], "type") == {"image": [15, 1, 57, None, None], "video": [15, 1, 507, None, None]}
    assert told["summary"].endswith(
        "; at 24 h of age video and image cannot be told apart: image 57 (no interval, from 15 media in 1 post), "
        "video 507 (no interval, from 15 media in 1 post)."
    )
    assert ALIKE in told["notes"]


async def test_too_few_known_at_that_age_are_said_to_be_of_different_ages(house: "House") -> None:
    """Nine videos were looked at early, three only after two days."""
    grown = mixed(lambda _: 100)
    late = [replace(one, likes=((48, 900),)) for one in grown[2:9:3]]
    await both(house, [*(one for place, one in enumerate(grown) if place not in {2, 5, 8}), *late])
    told = await house.call(TOP, posts=list(POSTS), limit=1)
    assert at_age(told.data["by_type"], "type")["video"] == [9, 9, None, None, None]
    assert told.data["summary"].endswith(
        "; means by type are of different ages: too few were observed from early on to say what is typical at 24 h of "
        "age (video 9; 10 each needed)."
    )
    assert AGES_DIFFER in told.data["notes"]
    assert any(one.startswith("video|12|12|") and one.endswith("|9 (10 needed)|?|?") for one in told.rows)
    rows = (await house.good(SUMMARY, username="Ana"))["by_type"]
    assert at_age(rows, "name")["video"] == [9, 9, None, None, None]


async def test_two_types_are_compared_where_a_third_has_too_few(house: "House") -> None:
    await both(house, [*mixed(lambda post: 101 + post - 700), media(700, 9, "audio", 7)])
    told = await house.good(TOP, posts=list(POSTS))
    assert "; at 24 h of age video goes with more reactions and comments than image: " in told["summary"]
    assert told["summary"].endswith("say what is typical at 24 h of age (audio 1; 10 each needed).")
    assert AGES_DIFFER in told["notes"]


async def test_posts_that_were_never_recorded_and_a_database_that_is_away_are_said(
    house: "House", live: "House"
) -> None:
    for one in (house, live):
        for item in one.post(4)[2:]:
            one.world.change(item.id, type="video")
    await house.runtime.store.open()
    told = await house.good(TOP, posts=[77])
    assert told["summary"].endswith(
        "; means by type are of different ages: too few were observed from early on to say what is typical at 24 h of "
        "age (image 0, video 0; 10 each needed)."
    )
    assert AGES_DIFFER in told["notes"]
    away = await live.good(TOP, posts=[77])
    assert away["summary"].endswith("; means by type are of different ages: no history is at hand.")
    assert [one["n"] for one in away["by_type"]] == [None, None]
    assert AGES_DIFFER in away["notes"]


async def test_a_creators_types_and_base_models_are_told_at_equal_age(house: "House") -> None:
    await both(house, mixed(lambda post: 101 + post - 700, later=500))
    told = await house.call(SUMMARY, username="Ana")
    top = await house.good(TOP, posts=list(POSTS))
    assert at_age(told.data["by_type"], "name") == at_age(top["by_type"], "type"), "two tools, one number"
    (model,) = told.data["by_base_model"]
    assert [model[key] for key in AT_AGE][:2] == [36, 12]
    assert not any("of different ages" in note for note in told.data["notes"])
    few = [media(900, 1, "audio", 3)]
    await write(house.database_url, few)
    notes = (await house.good(SUMMARY, username="Ana"))["notes"]
    assert (
        "Totals, shares and means by type and base model are of media of different ages; under 10 media are known at "
        "24 h of age of: audio." in notes
    )


async def test_only_the_newest_four_hundred_of_each_are_drawn_and_the_row_says_so(house: "House") -> None:
    old = [media(5_000 + n, 1, "image", 900, days=30) for n in range(300)]
    new = [media(6_000 + n, 1, "image", 10, days=5) for n in range(399)]
    young = replace(media(7_000, 1, "image", 10, days=0.5), likes=((1, 5),))
    videos = [media(8_000 + n, 1, "video", 44, days=40) for n in range(10)]
    await write(house.database_url, [*old, *new, young, *videos])
    told = await house.call(SUMMARY, username="Ana")
    by_type = {one["name"]: one for one in told.data["by_type"]}
    assert (by_type["image"]["n"], by_type["image"]["of_newest"], by_type["image"]["median"]) == (399, 400, 10)
    assert (by_type["video"]["n"], by_type["video"]["of_newest"], by_type["video"]["median"]) == (10, None, 44)
    assert any("|399 of the newest 400|10|10 to 10" in one for one in told.rows)
