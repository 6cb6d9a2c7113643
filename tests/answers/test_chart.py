"""What `chart_engagement` answers: a picture, and the same in numbers."""

import base64
import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
from mcp.types import ImageContent
from PIL import Image

from tests.answers.test_history import grow

if TYPE_CHECKING:
    from tests.house import House

CHART = "chart_engagement"


async def test_a_post_is_drawn_and_told_with_its_gap(house: "House") -> None:
    house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await grow(house, 1, likes=11)
    await grow(house, 1)
    await grow(house, 8, likes=21)
    house.advance(hours=1)
    async with house.client() as client:
        result = await client.call_tool(CHART, {"posts": [77]})
    picture = result.content[1]
    assert isinstance(picture, ImageContent)
    png = base64.b64decode(picture.data)
    assert (picture.mime_type, Image.open(io.BytesIO(png)).size) == ("image/png", (1350, 750))
    assert len(png) < 100_000
    told = await house.call(CHART, posts="77")
    assert told.data["summary"] == (
        "Post 77 (2 media) went from 9 to 29 reactions and comments in 10 h until 2026-05-01 22:00 UTC, with 1 gap."
    )
    assert told.data["as_of"] == "2026-05-01T22:00:00Z"
    assert told.data["lines"] == [
        {
            "name": "post 77",
            "points": [
                ["2026-05-01T12:00Z", 9],
                ["2026-05-01T13:00Z", 19],
                ["2026-05-01T14:00Z", 19],
                ["2026-05-01T18:00Z", None],
                ["2026-05-01T22:00Z", 29],
            ],
            "marks": [],
            "left_out": 0,
        }
    ]
    assert told.data["notes"][0].startswith("A gap is a time without observation: unknown, not zero.")
    assert told.rows[:2] == [told.data["summary"], "line|at (UTC)|reactions and comments|remark"]
    assert "post 77|2026-05-01T14:00Z|19|" in told.rows
    assert "post 77|2026-05-01T18:00Z|?|not observed" in told.rows


async def test_posts_are_compared_by_age_and_what_is_not_stored_is_said(house: "House") -> None:
    house.post(1)
    house.post(1, 78, published_at=house.advance(hours=-6))
    house.advance(hours=6)
    await house.good("record_civitai_post", posts=["77", "78"])
    await grow(house, 2, likes=5)
    told = await house.good(CHART, posts=["77", "78", "79"], by="age", counter="like")
    assert told["summary"] == (
        "Likes by age: post 77 went from 1 to 5 between the ages of 0 min and 2 h;"
        " post 78 stood at 1 at the age of 6 h."
    )
    assert [one["points"] for one in told["lines"]] == [[[0.0, 1], [2.0, 5]], [[6.0, 1]]]
    assert told["notes"] == ["No history of post 79 is stored."]


async def test_falls_and_what_went_missing_are_marked(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    await grow(house, 1, likes=10)
    await grow(house, 1, likes=8)
    await grow(house, 1)
    told = await house.good(CHART, creator="ana", from_time="2026-05-01")
    [line] = told["lines"]
    assert line["marks"] == [["2026-05-01T15:00Z", "fall"]]
    assert line["points"][-1] == ["2026-05-01T15:00Z", 11]
    assert any(note.startswith("A fall is reactions withdrawn") for note in told["notes"])


HOURLY = """
insert into image_stats_history (
    image_id, collected_at, previous_observed_at, event, like_count, heart_count, laugh_count, cry_count, dislike_count,
    comment_count, like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain
)
select
    $1, $2::timestamptz + n * interval '1 hour', $2::timestamptz + (n - 1) * interval '1 hour', 'change',
    n * n, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0
from generate_series(1, 300) as n
"""


async def test_a_long_story_is_thinned_in_numbers_and_says_so(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    image = int(house.ids()[0])
    await house.run(HOURLY, image, house.clock.now())
    house.advance(hours=300)
    await house.run("update image_tracking set as_of = $1, last_observed_at = $1", house.clock.now())
    told = await house.call(CHART, posts=["77", f"https://civitai.com/images/{image}"], from_time="2026-05-01")
    whole, same = told.data["lines"]
    assert whole["points"] == same["points"]
    assert (len(whole["points"]), whole["left_out"]) == (80, 81)
    assert (whole["points"][0][1], whole["points"][-1][1]) == (4, 90_003)
    assert told.data["notes"] == ["162 points between those told are left out here, not in the picture."]
    assert len(told.text.encode()) < 12_000


async def test_what_cannot_be_drawn_says_what_to_do(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    refusals: dict[str, dict[str, Any]] = {
        "Nothing to chart is named. Pass posts, URLs of images, or a creator.": {},
        "9 lines are too many. Name 8 or fewer.": {"posts": list(range(1, 10))},
        'A creator has no age. Name posts, or chart by "time".': {"creator": "Ana", "by": "age"},
        "No history of post 78 is stored. History begins with the first look": {"posts": "78"},
        "The time asked for ends before it begins.": {
            "posts": "77",
            "from_time": "2026-05-03",
            "to_time": "2026-05-02",
        },
    }
    for words, arguments in refusals.items():
        told = await house.call(CHART, **arguments)
        assert told.is_error
        assert told.text.startswith(words)
    early = await house.good(CHART, posts="77", from_time="2026-04-01", to_time="2026-04-02")
    assert early["summary"] == "Post 77 was not observed in this time."
    assert early["lines"][0]["points"] == []


async def test_without_matplotlib_the_numbers_are_told_all_the_same(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    monkeypatch.delitem(sys.modules, "civitai_engagement.charts.plotting", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    async with house.client() as client:
        result = await client.call_tool(CHART, {"posts": ["77"]})
    assert len(result.content) == 1
    assert result.structured_content
    assert result.structured_content["notes"] == [
        "There is no picture. Drawing charts needs matplotlib. Install it: pip install 'civitai-engagement[charts]'"
    ]
    assert result.structured_content["lines"][0]["points"] == [["2026-05-01T12:00Z", 4]]
