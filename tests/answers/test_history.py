"""What `get_engagement_history` answers."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.house import House

HISTORY = "get_engagement_history"


async def grow(house: "House", hours: float, **likes: int) -> None:
    """Let time pass, then observe post 77 with new likes of its first media, or as it is."""
    house.advance(hours=hours)
    for number in likes.values():
        house.world.set_stats(int(house.ids()[0]), like=number, heart=1, comment=2)
    await house.good("sync_post_asset_stats", civitai_post_id="77")


async def test_a_post_is_told_over_time_with_its_gap_and_its_growth(house: "House") -> None:
    house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await grow(house, 1, likes=11)
    await grow(house, 1)
    await grow(house, 8, likes=21)
    house.advance(hours=1)
    told = await house.call(HISTORY, post="77")
    assert told.data["summary"] == "Post 77 grew from 9 to 29 reactions and comments in 11 h; one gap of 8 h."
    assert (told.data["media"], told.data["step"], told.data["gain"]) == (2, "hour", 20)
    assert told.data["gaps"] == [{"start": "2026-05-01T14:00:00Z", "end": "2026-05-01T22:00:00Z", "hours": 8.0}]
    steps = {one["at"][11:16]: one for one in told.data["steps"]}
    assert list(steps) == [f"{hour}:00" for hour in range(12, 24)]
    assert [steps["13:00"][key] for key in ("counters", "gain", "hours", "per_hour")] == [[13, 2, 0, 0, 4], 10, 1, 10]
    assert steps["14:00"]["gain"] == 0
    assert {(hour, one["counters"], one["gain"]) for hour, one in steps.items() if "15" <= hour < "22"} == {
        (f"{hour}:00", None, None) for hour in range(15, 22)
    }
    assert [steps["22:00"][key] for key in ("counters", "gain", "hours", "per_hour")] == [[23, 2, 0, 0, 4], 10, 8, 1.25]
    assert told.data["notes"][0].startswith("A gap is a time without observation: unknown, not zero.")
    assert "2026-05-01T22:00:00Z|23|2|0|0|4|10|8|1.25|" in told.rows
    assert "2026-05-01T18:00:00Z|?|?|?|?|?||||not observed" in told.rows
    assert "gap: 2026-05-01T14:00:00Z to 2026-05-01T22:00:00Z (8 h)" in told.rows


async def test_an_image_and_a_creator_have_a_history_too_in_the_time_and_steps_asked_for(house: "House") -> None:
    house.post(2)
    house.post(1, 78, username="Ana")
    await house.good("record_civitai_post", posts=["77"])
    await grow(house, 1, likes=3)
    await house.good("record_civitai_post", posts=["78"])
    await grow(house, 1)
    first = house.ids()[0]
    image = await house.good(HISTORY, image=f"https://civitai.com/images/{first}", step="4h")
    assert [one["counters"] for one in image["steps"]] == [[1, 1, 0, 0, 2], [3, 1, 0, 0, 2]]
    assert image["summary"] == f"Image {first} grew from 4 to 6 reactions and comments in 2 h."
    creator = await house.good(HISTORY, creator="ana", from_time="2026-05-01T13:00:00Z")
    assert [(one["counters"], one.get("known"), one.get("of")) for one in creator["steps"]] == [
        ([6, 3, 0, 0, 6], None, None),
        ([6, 3, 0, 0, 6], None, None),
    ]
    early = await house.good(HISTORY, creator="Ana", to_time="2026-05-01T12:30:00+00:00")
    assert [(one["counters"], one["known"], one["of"]) for one in early["steps"]] == [([3, 2, 0, 0, 4], 2, 3)] * 2
    assert early["summary"] == "Creator Ana stayed at 9 reactions and comments for 30 min."
    before = await house.call(HISTORY, post="78", to_time="2026-05-01T12:30:00Z")
    assert before.text.startswith(
        "There is no history of post 78 before 2026-05-01T13:00:00Z, when it was first observed."
    )


async def test_a_fall_is_marked_and_said_to_be_no_error(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    await grow(house, 1, likes=10)
    await grow(house, 1, likes=8)
    await grow(house, 1)
    told = await house.good(HISTORY, post="77")
    assert [one["events"] for one in told["steps"] if "events" in one] == [["first"], ["fall"]]
    assert told["steps"][-1]["gain"] == -2
    assert told["summary"].startswith("Post 77 grew from 4 to 11")
    assert any(note.startswith("A fall is reactions withdrawn") for note in told["notes"])


async def test_days_of_history_say_the_last_day_too(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    for number in range(2, 13):
        await grow(house, 6, likes=number)
    told = await house.good(HISTORY, post="77", step="day")
    assert told["gain_24h"] == 4
    assert "; 4 in the last 24 h; " in told["summary"]
    assert [one["at"][8:13] for one in told["steps"]] == ["01T12", "02T00", "03T00", "04T00", "04T06"]


async def test_the_last_day_is_told_of_media_observed_at_both_its_ends_and_of_how_many(house: "House") -> None:
    house.post(1, published_at=house.clock.now() - timedelta(hours=20))
    house.advance(hours=20)
    await house.good("record_civitai_post", posts=["77"])
    found_late = await house.good(HISTORY, post="77")
    assert found_late["gain_24h"] is None  # 40 h old and just found: what it gained in its last day is not known
    assert "24 h" not in found_late["summary"]
    house.post(1, 78, username="Ana", published_at=house.clock.now() - timedelta(hours=40))
    await house.good("record_civitai_post", posts=["78"])
    for number in range(2, 12):
        await grow(house, 3, likes=number)
        await house.good("sync_post_asset_stats", civitai_post_id="78")
    house.post(1, 79, username="Ana", published_at=house.clock.now() - timedelta(hours=30))
    await house.good("record_civitai_post", posts=["79"])
    house.advance(minutes=30)
    told = await house.good(HISTORY, creator="Ana", step="day")
    assert "; 8 in the last 24 h (2 of 3 media)" in told["summary"]
    assert any(note.startswith("gain_24h is of the media that were observed at both ends") for note in told["notes"])
    past = await house.good(HISTORY, post="77", to_time=(house.clock.now() - timedelta(hours=1)).isoformat())
    assert " in its last 24 h" in past["summary"]


async def test_what_is_taken_back_is_lost_not_gained(house: "House") -> None:
    first, _ = house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await grow(house, 1, likes=9)
    house.world.set_stats(first.id, like=3, heart=1, comment=2)
    for _ in range(2):
        house.advance(hours=1)
        await house.good("sync_post_asset_stats", civitai_post_id="77")
    house.post(1, 78, username="Ana", published_at=house.clock.now() - timedelta(days=9))
    await house.good("record_civitai_post", posts=["78"])
    told = await house.good(HISTORY, creator="Ana", from_time="2026-05-01T13:00:00Z")
    assert told["summary"].startswith("Creator Ana lost 6 in 2 h and stands at ")


async def test_what_cannot_be_told_says_what_to_do(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(hours=900)
    refusals: dict[str, dict[str, Any]] = {
        "Nothing to look at is named. Pass a post, an image or a creator.": {},
        "post and creator are given together. Pass one of them.": {"post": "77", "creator": "Ana"},
        "No history of post 78 is stored. History begins with the first look: record_civitai_post or watch_creator": {
            "post": "78"
        },
        "The time asked for ends before it begins.": {"post": "77", "from_time": "2026-05-03", "to_time": "2026-05-02"},
        "That are more than 400 steps. Take a longer step": {"post": "77", "from_time": "2026-05-01", "step": "hour"},
        "from_time 'yesterday' is no date.": {"post": "77", "from_time": "yesterday"},
        "'no name' is no name of a creator.": {"creator": "no name"},
    }
    for words, arguments in refusals.items():
        told = await house.call(HISTORY, **arguments)
        assert told.is_error
        assert told.text.startswith(words)


async def test_media_without_known_counters_have_no_history_yet(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    await house.run("delete from image_stats_history")
    await house.run("update image_tracking set like_count = null, as_of = null")
    told = await house.call(HISTORY, post="77")
    assert told.text == "There is no history of post 77 yet: its counters are not known."
