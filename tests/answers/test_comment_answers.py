"""Comments: read only with a key and when asked to, told with their tone, and kept nowhere."""

import logging
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

if TYPE_CHECKING:
    from tests.house import House

pytest.importorskip("vaderSentiment")
POST, KEY, SECRET = 31_000_063, SecretStr("sandbox-key"), "a very private remark"
ROUTE = "/api/trpc/commentv2.getInfinite"


@pytest.fixture
def threaded(house: "House") -> "House":
    house.post(2, post_id=POST)
    house.world.comment("post", POST, "gorgeous light &amp; mood", user=1)
    house.world.comment("post", POST, "what lora is this?", user=2)
    house.world.comment("post", POST, 'very nice <img src="sticker.png"/>', user=2)
    house.world.comment("post", POST, "とてもきれい", user=3)
    house.world.comment("post", POST, SECRET, user=4, hidden=True)
    return house


async def asked(house: "House") -> list[dict[str, Any]]:
    return [one for one in await house.asked() if one["path"] == ROUTE]


async def test_without_a_key_or_the_setting_no_request_leaves(threaded: "House") -> None:
    for settings in ({}, {"comments": True}, {"civitai_api_key": KEY}):
        told = await threaded.call("read_comments", on=threaded.another(**settings), post=str(POST))
        assert told.is_error
        assert "CIVITAI_ENGAGEMENT_COMMENTS=true and CIVITAI_API_KEY" in told.text
    assert await asked(threaded) == []


async def test_comments_are_told_with_tone_requests_and_how_many_wrote(threaded: "House") -> None:
    threaded.restart(comments=True, civitai_api_key=KEY)
    told = await threaded.good("read_comments", post=str(POST))
    assert (told["read"], told["authors"], told["questions"]) == (4, 3, 1)
    tones = {one["text"]: one["tone"] for one in told["comments"]}
    assert tones == {
        "gorgeous light & mood": "positive",
        "what lora is this?": "neutral",
        "very nice [sticker]": "positive",
        "とてもきれい": "unscored",
    }
    assert not any("share" in one and one["share"] for one in told["tones"])
    assert SECRET not in str(told)
    assert "1 comment more hidden" in " ".join(told["notes"])
    assert "writer_" not in str(told)


async def test_a_thread_is_kept_in_memory_for_a_minute(threaded: "House") -> None:
    threaded.restart(comments=True, civitai_api_key=KEY)
    for _ in range(2):
        await threaded.good("read_comments", post=str(POST))
    assert len(await asked(threaded)) == 1
    threaded.advance(seconds=61)
    await threaded.good("read_comments", post=str(POST))
    assert len(await asked(threaded)) == 2


async def test_a_key_that_is_not_let_in_switches_comments_off_with_one_note(threaded: "House") -> None:
    threaded.restart(comments=True, civitai_api_key=SecretStr("another"))
    for _ in range(2):
        told = await threaded.good("read_comments", post=str(POST))
        assert told["comments"] == []
        assert told["notes"] == ["Civitai does not open comments to this key, so they stay off until the next start."]
    assert len(await asked(threaded)) == 1


async def test_an_image_nobody_wrote_under_has_none(threaded: "House") -> None:
    threaded.restart(comments=True, civitai_api_key=KEY)
    told = await threaded.good("read_comments", image=threaded.ids(POST)[0])
    assert told["read"] == 0


async def test_nothing_of_a_text_or_an_author_reaches_the_database_or_the_log(
    threaded: "House", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    threaded.restart(comments=True, civitai_api_key=KEY)
    await threaded.good("read_comments", post=str(POST))
    tables = await threaded.rows("select tablename from pg_tables where schemaname = 'public'")
    stored = [await threaded.rows(f'select t::text from "{name}" as t') for (name,) in tables]
    for word in ("gorgeous", "lora is this", "writer_", SECRET):
        assert word not in str(stored)
        assert word not in caplog.text


async def test_no_origin_is_forged(threaded: "House") -> None:
    threaded.restart(comments=True, civitai_api_key=KEY)
    await threaded.good("read_comments", post=str(POST))
    [request] = await asked(threaded)
    assert not {"origin", "referer"} & {name.lower() for name in request.get("headers", {})}
