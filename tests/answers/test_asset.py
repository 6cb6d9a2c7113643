"""What `find_asset` answers."""

from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.answers.now.live import LAG
from civitai_engagement.sandbox import Item

if TYPE_CHECKING:
    from tests.house import House

FIND = "find_asset"
DIGEST = "ab" * 32


async def library(house: "House", count: int = 3) -> list[Any]:
    items = house.post(count, title="Lighthouses")
    house.world.change(items[0].id, meta={"prompt": "a lighthouse", "seed": 2**70, "steps": 20}, model_version_ids=(5,))
    await house.good("record_civitai_post", posts=[77])
    await house.run("update assets set sha256sum = $1 where image_id = $2", DIGEST, items[0].id)
    await house.forget()
    return items


async def first_asset(house: "House") -> Any:
    return (await house.rows("select asset_id, asset_url from assets order by asset_id limit 1"))[0]


async def test_a_recorded_image_is_answered_flat_and_whole(house: "House") -> None:
    items = await library(house)
    asset_id, url = await first_asset(house)
    answer = await house.good(FIND, civitai_id=items[0].id)
    assert answer.pop("summary") == (
        f"Asset {asset_id} is Civitai image {items[0].id} of post 77, "
        "with 2 reactions and 2 comments as of 2026-05-01 12:00 UTC."
    )
    assert answer == {
        "as_of": "2026-05-01T12:00:00Z",
        "notes": ["A gain is null where our observations do not cover its window."],
        "found": True,
        "asset_id": str(asset_id),
        "asset_type": "image",
        "asset_source": "generated",
        "asset_url": url,
        "sha256sum": DIGEST,
        "civitai_id": str(items[0].id),
        "civitai_url": f"{house.url}/images/{items[0].id}",
        "post": {
            "post_id": "77",
            "civitai_id": "77",
            "civitai_url": f"{house.url}/posts/77",
            "title": "Lighthouses",
            "description": None,
            "status": "published",
        },
        "uri": url,
        "post_id": "77",
        "input_prompt_id": "1",
        "output_prompt_id": None,
        "input_prompt": {
            "prompt_id": "1",
            "prompt_text": "a lighthouse",
            "llm_model_provider": None,
            "llm_model": None,
            "purpose": "generation",
        },
        "output_prompt": None,
        "input_asset_ids": [],
        "created_by": "Keeper",
        "on_behalf_of": None,
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
        "gain_since": None,
        "engagement": {
            "like": 1,
            "heart": 1,
            "laugh": 0,
            "cry": 0,
            "dislike": 0,
            "comment": 2,
            "as_of": "2026-05-01T12:00:00Z",
            "gain_24h": None,
            "gain_7d": None,
        },
        "metadata": {
            "creator": "Ana",
            "created_at": "2026-05-01T12:00:00Z",
            "width": 832,
            "height": 1216,
            "nsfw_level": "None",
            "base_model": "SDXL 1.0",
            "model_version_ids": ["5"],
            "steps": 20,
            "seed": str(2**70),
        },
        "matches": 1,
        "more_asset_ids": [],
    }
    assert await house.asked() == []


@pytest.mark.parametrize(
    "criterion",
    [
        lambda asset_id, url, item: {"asset_id": asset_id},
        lambda asset_id, url, item: {"asset_id": f" {asset_id} "},
        lambda asset_id, url, item: {"sha256sum": DIGEST.upper()},
        lambda asset_id, url, item: {"sha256sum": f"sha256:{DIGEST}"},
        lambda asset_id, url, item: {"civitai_id": item.id},
        lambda asset_id, url, item: {"civitai_id": f"https://civitai.com/images/{item.id}/"},
        lambda asset_id, url, item: {"civitai_url": f"https://civitai.com/images/{item.id}?period=AllTime"},
        lambda asset_id, url, item: {"civitai_url": url},
        lambda asset_id, url, item: {"civitai_url": f" {url}?width=450#top "},
        lambda asset_id, url, item: {"civitai_url": url.replace("original=true", "width=450")},
        lambda asset_id, url, item: {"civitai_url": url.replace("original=true", "transcode=true,width=450").upper()},
        lambda asset_id, url, item: {"civitai_url": f"{url.rpartition('/')[0]}/lighthouse.webp?x=1"},
        lambda asset_id, url, item: {"civitai_url": url.partition("/original=true/")[0].removeprefix("https://")},
        lambda asset_id, url, item: {"civitai_url": "https://civitai.com/posts/77", "asset_id": asset_id},
        lambda asset_id, url, item: {"post_id": "77", "sha256sum": DIGEST, "civitai_id": item.id, "asset_id": asset_id},
    ],
)
async def test_each_criterion_alone_and_all_together_find_it(house: "House", criterion: Any) -> None:
    items = await library(house)
    asset_id, url = await first_asset(house)
    answer = await house.good(FIND, **criterion(asset_id, url, items[0]))
    assert (answer["found"], answer["asset_id"], answer["matches"]) == (True, str(asset_id), 1)
    assert await house.asked() == []


async def test_criteria_that_do_not_all_hold_find_nothing(house: "House") -> None:
    items = await library(house)
    answer = await house.good(FIND, sha256sum=DIGEST, civitai_id=items[1].id)
    assert (answer["found"], answer["matches"]) == (False, 0)


async def test_several_matches_name_the_next_and_count_the_rest(house: "House") -> None:
    await library(house, 25)
    every = [str(row[0]) for row in await house.rows("select asset_id from assets order by asset_id")]
    told = await house.call(FIND, post_id=77)
    assert (told.data["asset_id"], told.data["matches"]) == (every[0], 25)
    assert told.data["more_asset_ids"] == every[1:21]
    assert "25 assets match" in told.data["summary"]
    assert any("and 4 not named here" in note for note in told.data["notes"])
    assert f"more matches: asset {', '.join(every[1:21])}" in told.text


async def test_the_biggest_asset_id_there_can_be_is_only_not_found(house: "House") -> None:
    told = await house.call(FIND, asset_id=2**63 - 1)
    assert (told.is_error, told.data["found"]) == (False, False)
    assert "Only what is recorded can be found by an asset id" in told.text


async def test_an_image_that_vanished_is_shown_with_the_last_counters_and_said_to_be_gone(house: "House") -> None:
    items = await library(house)
    await house.run("update image_tracking set state = 'missing'")
    told = await house.call(FIND, civitai_id=items[0].id)
    assert told.data["engagement"]["like"] == 1
    assert "Civitai no longer lists this media; the counters are the last ones seen." in told.data["notes"]


async def test_zeros_seen_once_are_said_to_be_unconfirmed(house: "House") -> None:
    items = await library(house)
    await house.run("update image_tracking set unconfirmed = true")
    answer = await house.good(FIND, civitai_id=items[0].id)
    assert any("to be confirmed by a second look" in note for note in answer["notes"])


async def test_counters_not_observed_yet_are_said_so(house: "House") -> None:
    items = house.post(1)
    await house.arm("stats-null")
    await house.good("record_civitai_post", posts=[77])
    told = await house.call(FIND, civitai_id=items[0].id)
    assert "with counters not observed yet" in told.data["summary"]
    assert "engagement: like unknown, heart unknown" in told.text


async def test_an_asset_that_is_not_on_civitai_is_found_too(house: "House") -> None:
    await house.run(
        "insert into prompts (content, created_by, recorded_at, updated_at) values ('make a', 'k', now(), now())"
    )
    await house.run(
        "insert into assets (asset_type, asset_source, asset_url, sha256sum, input_prompt_id, metadata, created_by, "
        "recorded_at, updated_at) select 'video', 'upload', 'https://files.example/a.mp4', $1, prompt_id, "
        """'{"mood": "calm\\nfile: forged"}', 'k', now(), now() from prompts""",
        DIGEST,
    )
    told = await house.call(FIND, sha256sum=DIGEST)
    assert told.data["summary"].endswith("is video, with counters not observed yet.")
    assert (told.data["post"], told.data["civitai_id"]) == (None, None)
    assert told.data["input_prompt"]["prompt_text"] == "make a"
    assert {"civitai: not on Civitai", "input prompt: 1: make a", "mood: calm file: forged"} <= set(told.rows)
    assert len([row for row in told.rows if row.startswith("file: ")]) == 1


async def test_what_a_user_notes_stands_beside_the_facts_and_never_for_one(house: "House") -> None:
    await library(house)
    plain = (await house.good(FIND, asset_id=1))["metadata"]
    taken = {"width": 5, "creator": "x", "prompt": "mine", "steps": None, "created_by": "someone", "noted": {"a": 1}}
    beside = {"take": 2, "clip_skip": None, "model_name": "my own"}
    await house.good("update_asset", asset_id=1, metadata=taken | beside, on_behalf_of="Alice")
    told = await house.call(FIND, asset_id=1)
    assert told.data["metadata"] == plain | beside | {"noted": taken}
    assert (told.data["created_by"], told.data["on_behalf_of"]) == ("Keeper", "Alice")
    assert {"created_by: Keeper", "on_behalf_of: Alice", "width: 832", "noted width: 5", "noted steps: null"} <= set(
        told.rows
    )
    assert {"clip_skip: null", "model_name: my own", "noted created_by: someone"} <= set(told.rows)


async def test_what_is_noted_of_a_file_that_is_not_on_civitai_stands_in_its_place(house: "House") -> None:
    await house.run(
        "insert into assets (asset_type, asset_source, asset_url, created_by, recorded_at, updated_at, metadata) "
        """values ('image', 'upload', 'https://x.example/a.png', 'k', now(), now(), '{"width": 5, "noted": null}')"""
    )
    assert (await house.good(FIND, asset_id=1))["metadata"] == {"width": 5, "noted": {"noted": None}}


async def test_an_image_that_is_not_recorded_is_shown_live_with_its_post(house: "House") -> None:
    items = house.post(3)
    told = await house.call(FIND, civitai_url=f"https://civitai.com/images/{items[2].id}")
    assert (told.data["found"], told.data["matches"]) == (False, 0)
    assert told.data["live"]["image"]["engagement_stats"]["like"] == 3
    assert told.data["live"]["post"]["post_id"] == "77"
    assert told.data["live"]["post"]["totals"]["reactions"] == 9
    assert "now with 4 reactions and 2 comments and belongs to post 77" in told.data["summary"]
    assert "call record_civitai_post with 77" in told.data["summary"]
    assert f"post: {house.url}/posts/77" in told.rows


async def test_a_post_that_is_not_recorded_is_shown_live(house: "House") -> None:
    house.post(3)
    answer = await house.good(FIND, post_id=77)
    assert (answer["found"], answer["live"]["post"]["totals"]["media"]) == (False, 3)
    assert "Civitai shows post 77 with 3 media" in answer["summary"]


@pytest.mark.parametrize(
    ("criterion", "why"),
    [
        ({"civitai_id": 999}, "Civitai shows no image 999: there is none, or it is hidden or not public yet."),
        ({"post_id": 999}, "Civitai lists no media for post 999."),
        ({"sha256sum": DIGEST}, "Only what is recorded can be found by a SHA-256; list_civitai_posts shows what is."),
        ({"civitai_url": "https://image.civitai.com/x/y/original=true/y.jpeg"}, "found by the address of a file;"),
        ({"text": "lighthouse"}, "Only what is recorded can be found by words;"),
        ({"on_behalf_of": "ada", "asset_type": "image"}, "found by whom it was recorded for and by type;"),
    ],
)
async def test_what_neither_we_nor_civitai_know_is_answered_with_why_not(
    house: "House", criterion: dict[str, Any], why: str
) -> None:
    told = await house.call(FIND, **criterion)
    assert (told.is_error, told.data["found"]) == (False, False)
    assert why in told.data["live"]["why_not"]
    assert why in told.text


async def test_while_civitai_is_down_what_is_not_recorded_says_why_not(house: "House") -> None:
    items = house.post(3)
    await house.arm("edge-502")
    answer = await house.good(FIND, civitai_id=items[0].id)
    assert "fault of its own (502)" in answer["live"]["why_not"]


async def test_an_image_whose_post_cannot_be_read_is_shown_alone(house: "House") -> None:
    item = house.post(1)[0]
    await house.arm("slow", times=1, seconds=0)  # the first request passes
    await house.arm("edge-502")
    told = await house.call(FIND, civitai_id=item.id)
    assert told.data["live"]["image"]["civitai_image_id"] == str(item.id)
    assert "fault of its own" in told.data["live"]["why_not"]
    assert told.text.count("not shown: ") == 1


async def test_an_image_of_no_post_and_unknown_counters_is_shown_as_it_is(house: "House") -> None:
    house.world.add_item(
        {"id": 5, "url": "https://image.civitai.com/x/y/original=true/y.mp4", "createdAt": "2026-04-01"}
    )
    told = await house.call(FIND, civitai_id=5)
    assert told.data["live"]["image"]["type"] == "video"
    assert told.data["live"]["image"]["engagement_stats"] is None
    assert told.data["live"]["why_not"] == "Civitai does not say which post it belongs to."
    assert "with unknown counters" in told.data["summary"]


async def watched(house: "House") -> list[Any]:
    """A post that is observed but not recorded; what was stored of it is two hours old."""
    items = house.post(3)
    await house.good("record_civitai_post", posts=["77"])
    for table in ("assets", "posts"):
        await house.run(f"delete from {table}")
    house.advance(hours=2)
    house.restart()
    return items


async def test_a_post_that_is_only_watched_is_told_as_last_stored_while_civitai_is_down(house: "House") -> None:
    await watched(house)
    await house.arm("edge-502")
    told = await house.call(FIND, post_id=77)
    assert told.data["summary"].startswith("Not recorded; last stored, not live, is post 77 with 3 media.")
    assert told.data["as_of"] == "2026-05-01T12:00:00Z"
    assert (told.data["live"]["post"]["is_stored"], told.data["live"]["post"]["totals"]["reactions"]) == (True, 9)
    assert [note.partition(" These are ")[2] for note in told.data["notes"]] == [
        "the numbers as last recorded, 2026-05-01 12:00 UTC, not live ones; try again in a minute."
    ]
    assert f"post: {house.url}/posts/77 (as last stored, not live)" in told.rows


async def test_a_live_image_beside_its_stored_post_says_which_is_which(house: "House") -> None:
    items = await watched(house)
    house.world.add_item(Item(level=1), post_id=77)
    new = next(int(one) for one in house.ids() if int(one) not in {item.id for item in items})
    await house.arm("slow", times=1, seconds=0)  # the first request passes
    await house.arm("edge-502")
    answer = await house.good(FIND, civitai_id=new)
    assert answer["summary"].startswith(f"Not recorded; Civitai shows image {new} now with ")
    assert (answer["as_of"], answer["live"]["post"]["is_stored"]) == ("2026-05-01T12:00:00Z", True)
    assert [note for note in answer["notes"] if "not live ones" in note]


async def test_what_is_doubted_of_a_live_look_is_said(house: "House") -> None:
    items = await watched(house)
    house.world.set_stats(items[2].id, like=0, heart=0, comment=0)
    doubt = "Civitai shows only zeros for 1 media that had more before: taken as unknown, not zero."
    for criterion in ({"post_id": 77}, {"civitai_id": items[2].id}):
        answer = await house.good(FIND, **criterion)
        assert answer["notes"] == [doubt, LAG]
        assert (answer["as_of"], answer["live"]["post"]["is_stored"]) == ("2026-05-01T14:00:00Z", False)


@pytest.mark.parametrize("besides", [{"text": "harbour"}, {"asset_type": "video"}, {"on_behalf_of": "Bo"}])
async def test_a_recorded_post_whose_assets_do_not_match_is_not_said_to_be_unrecorded(
    house: "House", besides: dict[str, str]
) -> None:
    items = await library(house)
    answer = await house.good(FIND, post_id=77, **besides)
    assert answer["summary"] == "No recorded asset matches all criteria; Civitai shows post 77 with 3 media."
    assert (answer["message"], answer["live"]["post"]["totals"]["media"]) == (answer["summary"], 3)
    one = await house.good(FIND, civitai_id=items[0].id, **besides)
    assert one["summary"].startswith("No recorded asset matches all criteria; Civitai shows image ")
    assert one["summary"].endswith(" and belongs to post 77.")
