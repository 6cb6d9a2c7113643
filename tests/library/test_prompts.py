"""Prompts that users record, and prompts kept from what is published."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.recordings import noted
from civitai_engagement.library.record import record_post

if TYPE_CHECKING:
    from tests.house import House

PROMPT = "create_prompt"


async def prompts(house: "House") -> list[tuple[object, ...]]:
    return await house.rows("select prompt_id, content, purpose, created_by, on_behalf_of from prompts order by 1")


async def linked(house: "House") -> list[object]:
    """The prompt each asset was made from, by image."""
    return [row[0] for row in await house.rows("select input_prompt_id from assets order by image_id")]


async def test_a_prompt_is_kept_word_for_word(house: "House") -> None:
    words = 'a "lighthouse", (at sea:1.2)\n  <lora:foam:0.8> — 灯台'
    told = await house.good(
        PROMPT,
        prompt_text=words,
        llm_model="sonnet",
        purpose="cover",
        metadata={"mood": ["grey"]},
        on_behalf_of=" Ana ",
    )
    assert (told["content"], told["prompt_text"], told["id"]) == (words, words, told["prompt_id"])
    assert (told["metadata"], told["on_behalf_of"], told["created_by"]) == ({"mood": ["grey"]}, "Ana", "Keeper")
    assert await prompts(house) == [(int(told["id"]), words, "cover", "Keeper", "Ana")]


async def test_the_same_prompt_may_be_recorded_twice(house: "House") -> None:
    first = await house.good(PROMPT, prompt_text="a lighthouse")
    second = await house.good(PROMPT, prompt_text="a lighthouse")
    assert first["id"] != second["id"]


async def test_a_long_prompt_is_kept_whole_and_repeated_in_part(house: "House") -> None:
    words = " ".join(f"word{number}" for number in range(9_000))
    told = await house.good(PROMPT, prompt_text=words)
    assert told["prompt_text"] == told["content"]
    assert len(told["prompt_text"]) < 5_000
    assert "kept whole" in told["notes"][0]
    assert await house.rows("select content from prompts") == [(words,)]


async def test_a_prompt_of_a_hundred_thousand_different_signs_can_be_kept(house: "House") -> None:
    words = " ".join(chr(0x20000 + number % 40_000) for number in range(50_000))
    await house.good(PROMPT, prompt_text=words)
    assert await house.rows("select length(content) from prompts") == [(len(words),)]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"prompt_text": ""}, "prompt_text"),
    "null": ({"prompt_text": None}, "prompt_text: Field required"),
    "a book": ({"prompt_text": "x" * 100_001}, "at most 100000 characters"),
    "a NUL": ({"prompt_text": "a\0b"}, "prompt_text holds a NUL character"),
    "a NUL below": ({"prompt_text": "a", "metadata": {"k": ["\0"]}}, "metadata holds a NUL character"),
    "a NUL after a backslash": ({"prompt_text": "a", "metadata": {"\\\0": 1}}, "metadata holds a NUL character"),
    "a name without end": ({"prompt_text": "a", "on_behalf_of": "x" * 201}, "at most 200 characters"),
    "metadata without end": ({"prompt_text": "a", "metadata": {"k": "x" * 20_001}}, "larger than 20,000 bytes"),
    "a list": ({"prompt_text": "a", "metadata": [1]}, "metadata: Input should be a valid dictionary"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_kept_is_refused_in_words(live: "House", name: str) -> None:
    arguments, said = REFUSED[name]
    told = await live.call(PROMPT, **arguments)
    assert told.is_error
    assert said in told.text
    assert len(told.text) < 500


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800", {1, 2}])
def test_metadata_that_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(BadInput, match="Pass plain JSON"):
        noted({"k": [value]})


@pytest.mark.parametrize("text", [r"\u0000", r"C:\u0000", r"\\u0000", "null\\"])
async def test_a_nul_spelled_out_is_a_text_like_any_other(house: "House", text: str) -> None:
    told = await house.good(PROMPT, prompt_text=text, metadata={text: [text]})
    assert (told["prompt_text"], told["metadata"]) == (text, {text: [text]})
    assert await house.rows("select metadata -> $1 ->> 0 from prompts", text) == [(text,)]


async def test_prompts_of_a_recorded_post_are_kept_each_text_once(house: "House") -> None:
    items = house.post(3)
    for item, prompt in zip(items, ("a lighthouse", "a lighthouse", "a harbor"), strict=True):
        house.world.change(item.id, meta={"prompt": prompt})
    await house.good("record_civitai_post", posts=[77])
    kept = {row[1]: row[0] for row in await prompts(house)}
    assert sorted(map(str, kept)) == ["a harbor", "a lighthouse"]
    assert await linked(house) == [kept["a lighthouse"], kept["a lighthouse"], kept["a harbor"]]
    house.advance(hours=1)
    await house.good("record_civitai_post", posts=[77])
    assert len(await prompts(house)) == 2


async def test_a_prompt_recorded_before_is_the_one_a_published_image_points_to(house: "House") -> None:
    mine = await house.good(PROMPT, prompt_text="a lighthouse", purpose="cover")
    house.world.change(house.post(1)[0].id, meta={"prompt": "a lighthouse"})
    await house.good("record_civitai_post", posts=[77])
    assert await linked(house) == [int(mine["id"])]


async def test_a_prompt_chosen_by_hand_is_not_replaced(house: "House") -> None:
    item = house.post(1)[0]
    await house.good("record_civitai_post", posts=[77])
    mine = await house.good(PROMPT, prompt_text="what I really asked for")
    found = await house.good("find_asset", civitai_id=item.id)
    await house.good("update_asset", asset_id=found["asset_id"], input_prompt_id=mine["id"])
    house.world.change(item.id, meta={"prompt": "what the file says"})
    await house.good("record_civitai_post", posts=[77])
    assert await linked(house) == [int(mine["id"])]


async def test_processes_that_record_at_once_keep_a_shared_prompt_once(house: "House") -> None:
    for post_id in (77, 78, 79):
        for item in house.post(4, post_id):
            house.world.change(item.id, meta={"prompt": f"a lighthouse {item.id % 2}"})
    runtimes = [house.runtime, house.another(), house.another()]
    await asyncio.gather(*(record_post(one, post) for one, post in zip(runtimes, (77, 78, 79), strict=True)))
    assert await house.rows("select content, count(*) from prompts group by 1 order by 1") == [
        ("a lighthouse 0", 1),
        ("a lighthouse 1", 1),
    ]
    assert None not in await linked(house)


async def test_a_generation_prompt_as_long_as_they_come_is_kept_and_found_by_its_beginning(house: "House") -> None:
    words = "lighthouse " + " ".join(f"w{number:05}" for number in range(8_000))
    house.world.change(house.post(1)[0].id, meta={"prompt": words})
    await house.good("record_civitai_post", posts=[77])
    assert await linked(house) != [None]
    assert (await house.good("find_asset", text="lighthouse w00001"))["found"]
