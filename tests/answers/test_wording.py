"""What answers say of none, one and two reads as people say it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.answers.answer import engagement, every, times
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

HOUR = timedelta(hours=1)
ODD = (
    " 1 times ", " 1 posts", " 1 images", " 1 hours", " 1 days", " 1 minutes", " 1 creators", " 1 others", " 1 changes",
    " 1 reactions", " 1 comments", " all 1 ", " all 2 ", " these 1 ", " 1 are ", " 1 were ", " 1 have ", " 0 times",
)  # fmt: skip
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("list_civitai_posts", {}),
    ("list_civitai_posts", {"include_details": True}),
    ("get_engagement_history", {"post": "1"}),
    ("get_engagement_history", {"creator": "Ana", "step": "day"}),
    ("chart_engagement", {"posts": ["1"]}),
    ("chart_engagement", {"creator": "Ana"}),
    ("list_changes", {}),
    ("get_top_movers", {}),
    ("get_top_movers", {"by": "age", "window": "1h"}),
    ("summarize_creator", {"username": "Ana"}),
    ("rate_post", {"post": "1"}),
    ("compare_posts", {"posts": ["1", "2"]}),
    ("find_unusual", {"creator": "Ana"}),
    ("find_peak_hours", {"creator": "Ana"}),
    ("find_parameter_effects", {"at_age": "24h"}),
    ("find_parameter_effects", {"creator": "Ana", "at_age": "24h"}),
    ("compare_models", {"kind": "lora", "creator": "Ana", "at_age": "24h"}),
    ("chart_engagement", {"by": "effect"}),
    ("audit_library", {"checks": 0}),
    ("list_watches", {}),
    ("list_posts", {}),
    ("get_collection_status", {}),
]


def test_numbers_are_said_as_people_say_them() -> None:
    assert [engagement(number) for number in (0, 1, 2_000)] == [
        "0 reactions and comments",
        "1 reaction or comment",
        "2,000 reactions and comments",
    ]
    assert [every(number) for number in (2, 3)] == ["both", "all 3"]
    assert [times(ratio, "the next") for ratio in (0.5, 1, 1.2)] == [
        "0.5 times the next",
        "as much as the next",
        "1.2 times the next",
    ]


@pytest.mark.parametrize("posts", [0, 1, 2])
@pytest.mark.parametrize("likes", [0, 1, 2])
async def test_no_sentence_counts_one_as_many(house: "House", posts: int, likes: int) -> None:
    house.advance(hours=30)
    grown = [
        Grown(10 * n, post=n, born=START + HOUR, likes=((1, 0), (2, likes)) if likes else ((1, 0),), seen_to=28)
        for n in range(1, posts + 1)
    ]
    await write(house.database_url, grown)
    for tool, arguments in QUESTIONS:
        told = await house.call(tool, **arguments)
        said = " ".join([*told.text.splitlines()[:1], *((told.data or {}).get("notes") or [])])
        assert not [odd for odd in ODD if odd in f" {said} "], (tool, said)
