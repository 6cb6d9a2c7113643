"""Who is followed is looked at at once: as far as Civitai answers, and as far as the patience goes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.ports import Lane

if TYPE_CHECKING:
    from tests.house import House


@dataclass
class SlowTurns:
    """A budget by which every request waits for a quarter of a minute."""

    house: "House"

    async def take(self, lane: Lane) -> None:
        del lane
        self.house.advance(seconds=15)


def gallery_of(house: "House", username: str, posts: int, each: int = 2) -> None:
    for place in range(posts):
        born = house.clock.now() - timedelta(days=place, hours=1)
        house.post(each, 1_000 * len(username) + place, username=username, published_at=born)


def row(answer: Any, name: str) -> Any:
    return next(one for one in answer["looked"] if one["name"] == name)


async def test_a_new_creator_is_there_at_once_with_counters_and_the_time_of_the_next_look(house: "House") -> None:
    gallery_of(house, "Rex", 3)
    told = await house.call("watch_creator", usernames=["rex"])
    assert row(told.data, "rex") == {
        "name": "rex",
        "outcome": "looked at",
        "posts": 3,
        "media": 6,
        "total": 27,
        "next_look_at": "2026-05-01T13:00:00Z",
    }
    assert told.rows[0] == (
        "Creator rex is watched: 3 posts with 6 media and 27 reactions and comments so far; "
        "next look 2026-05-01 13:00 UTC."
    )
    assert (await house.good("list_posts", creator="rex"))["total"] == 3


async def test_the_collection_does_not_walk_through_them_again_and_asks_no_post_how_it_was_made(house: "House") -> None:
    gallery_of(house, "Rex", 3)
    await house.good("watch_creator", usernames=["Rex"])
    await house.forget()
    await house.tick()
    assert [one for one in await house.asked() if "Rex" in str(one) or "postId" in str(one)] == []


async def test_a_name_civitai_does_not_list_is_followed_and_said(house: "House") -> None:
    answer = await house.good("watch_creator", usernames=["Typo_Nmae"])
    assert answer["results"] == {"Typo_Nmae": "watching"}
    assert row(answer, "Typo_Nmae")["outcome"] == "Civitai lists nothing"
    assert "Civitai lists nothing of Typo_Nmae: is it written right?" in answer["notes"][0]


async def test_while_civitai_does_not_answer_names_are_followed_unchecked_and_that_is_said(house: "House") -> None:
    gallery_of(house, "Rex", 1)
    await house.arm("internal-error")
    answer = await house.good("watch_creator", usernames=["Rex", "Cleo"])
    assert answer["results"] == {"Rex": "watching", "Cleo": "watching"}
    assert [one["outcome"] for one in answer["looked"]] == ["not checked", "not checked"]
    assert answer["notes"][0].startswith("Followed unchecked: Rex, Cleo (Civitai ")
    assert "looked at from 2026-05-01 16:00 UTC on." in answer["notes"][0]


async def test_what_the_patience_does_not_reach_is_followed_and_named_with_when(house: "House") -> None:
    gallery_of(house, "Rex", 2, each=100)
    gallery_of(house, "Ana", 9, each=100)
    gallery_of(house, "Cleo", 1)
    house.restart()
    house.runtime.civitai = Civitai(house.settings, clock=house.clock, budget=SlowTurns(house))
    answer = await house.good("watch_creator", usernames=["Rex", "Ana", "Cleo"])
    assert set(answer["results"].values()) == {"watching"}
    assert [one["outcome"] for one in answer["looked"]] == ["looked at", "looked at in part", "not reached in time"]
    assert row(answer, "Ana")["media"] == 100
    assert any(
        "Not reached in time: Cleo; followed, looked at from 2026-05-01 16:00 UTC on." in one for one in answer["notes"]
    )


async def test_who_is_followed_already_is_not_walked_through_again(house: "House") -> None:
    gallery_of(house, "Rex", 2)
    await house.good("watch_creator", usernames=["Rex"])
    await house.forget()
    answer = await house.good("watch_creator", usernames=["Rex"])
    assert (answer["results"], row(answer, "Rex")["outcome"]) == ({"Rex": "watched already"}, "known before")
    assert await house.asked() == []


async def test_a_post_is_looked_at_at_once(house: "House") -> None:
    house.post(3, 77, username="Rex")
    answer = await house.good("watch_post", posts=["77", "99"])
    assert [(one["name"], one["outcome"], one["media"]) for one in answer["looked"]] == [
        ("77", "looked at", 3),
        ("99", "Civitai lists nothing", 0),
    ]
    assert (await house.good("rate_post", post="77"))["post"] == "77"


async def test_a_creator_of_five_hundred_media_takes_a_handful_of_requests(house: "House") -> None:
    gallery_of(house, "Rex", 50, each=10)
    await house.forget()
    answer = await house.good("watch_creator", usernames=["Rex"])
    assert row(answer, "Rex")["media"] == 500
    asked = await house.asked()
    assert len(asked) < 10, asked
