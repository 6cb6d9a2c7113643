"""No answer sends in a circle: of who is followed already it says when the next look is."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

OF_CREATOR = [
    ("summarize_creator", {"username": "Cleo"}),
    ("get_engagement_history", {"creator": "Cleo"}),
    ("chart_engagement", {"creator": "Cleo"}),
    ("find_unusual", {"creator": "Cleo"}),
    ("find_peak_hours", {"creator": "Cleo"}),
    ("get_top_movers", {"creator": "Cleo"}),
    ("list_posts", {"creator": "Cleo"}),
    ("rate_post", {"post": "latest", "creator": "Cleo"}),
]


@pytest.mark.parametrize(("tool", "arguments"), OF_CREATOR)
async def test_of_a_followed_creator_with_nothing_stored_the_next_look_is_told(
    house: "House", tool: str, arguments: dict[str, Any]
) -> None:
    await house.arm("internal-error")
    await house.good("watch_creator", usernames=["Cleo"])
    told = await house.call(tool, **arguments)
    assert "It is followed already, and the next look is at 2026-05-01 16:00 UTC." in told.text
    assert "watch_creator" not in told.text


async def test_a_name_that_was_looked_for_in_vain_is_doubted(house: "House") -> None:
    await house.good("watch_creator", usernames=["Typo_Nmae"])
    told = await house.call("summarize_creator", username="typo_nmae")
    assert "Civitai lists nothing of this name: is it written right? It is followed, and the next look" in told.text


async def test_of_a_followed_post_too_and_of_others_it_is_said_what_begins_it(house: "House") -> None:
    await house.arm("internal-error")
    await house.good("watch_post", posts=["77"])
    assert "It is followed already, and the next look is at" in (await house.call("rate_post", post="77")).text
    assert "record_civitai_post keeps it and begins its history" in (await house.call("rate_post", post="78")).text
