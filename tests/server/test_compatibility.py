"""Calls written for the older server, `feedmob-civitai-records` 0.1.16, work here; what differs is said and tested.

Names, parameters and keys of its answers are listed in docs/compatibility.md, with each deliberate difference.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped] # it ships no types
import pytest

if TYPE_CHECKING:
    from tests.house import House, Told

NOTHING: dict[str, Any] = {}
PARAMETERS = {
    "find_asset": "asset_id sha256sum civitai_id civitai_url post_id",
    "list_civitai_posts": (
        "id civitai_id status created_by on_behalf_of start_time end_time include_details limit offset"
    ),
    "fetch_civitai_post_assets": "post_id limit page",
    "sync_post_asset_stats": "civitai_post_id",
    "create_prompt": "prompt_text llm_model_provider llm_model purpose metadata on_behalf_of",
    "create_asset": (
        "asset_url asset_type asset_source input_prompt_id output_prompt_id civitai_id civitai_url post_id "
        "input_asset_ids metadata on_behalf_of"
    ),
    "update_asset": (
        "asset_id input_prompt_id output_prompt_id civitai_id civitai_url on_behalf_of post_id input_asset_ids"
    ),
    "create_civitai_post": "civitai_id civitai_url status title description metadata on_behalf_of",
    "calculate_sha256": "path",
    "get_workflow_guide": "",
    "get_media_engagement_guide": "",
}
PROMPT_IN = "prompt_id prompt_text llm_model_provider llm_model purpose"
POST_IN = "post_id civitai_id civitai_url title description status"
FOUND = (
    "found asset_id asset_type asset_source uri sha256sum civitai_id civitai_url post_id input_prompt_id "
    "output_prompt_id input_asset_ids metadata created_at updated_at input_prompt output_prompt post"
)
ASSET = "asset_id asset_type asset_source sha256sum civitai_id civitai_url post_id input_prompt_id output_prompt_id"

# Each call as a client of the older server writes it, and the keys its answer had. {…} is an id of an earlier answer.
CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a prompt": (
        "create_prompt",
        {"prompt_text": "a lighthouse", "llm_model_provider": None, "llm_model": None, "purpose": "image_generation",
         "metadata": None, "on_behalf_of": None},
        "prompt_id prompt_text llm_model_provider llm_model on_behalf_of created_at",
    ),
    "a prompt with everything": (
        "create_prompt",
        {"prompt_text": "describe it", "llm_model_provider": "anthropic", "llm_model": "sonnet", "purpose": "caption",
         "metadata": {"temperature": 0.2}, "on_behalf_of": "Alice"},
        "prompt_id prompt_text llm_model_provider llm_model on_behalf_of created_at",
    ),
    "a post": (
        "create_civitai_post",
        {"civitai_id": "77", "civitai_url": "https://civitai.com/posts/77", "status": "published", "title": None,
         "description": None, "metadata": None, "on_behalf_of": None},
        "post_id civitai_id civitai_url civitai_account status title description on_behalf_of created_at",
    ),
    "an asset": (
        "create_asset",
        {"asset_url": "{file}", "asset_type": "image", "asset_source": "generated", "input_prompt_id": "{prompt}",
         "output_prompt_id": None, "civitai_id": "{image}", "civitai_url": "https://civitai.com/images/{image}",
         "post_id": "{post}", "input_asset_ids": None, "metadata": None, "on_behalf_of": None},
        f"{ASSET} uri input_asset_ids on_behalf_of created_at",
    ),
    "an asset made from another": (
        "create_asset",
        {"asset_url": "{other_file}", "asset_type": "image", "asset_source": "upload", "input_prompt_id": "",
         "civitai_id": "", "civitai_url": "", "post_id": "", "input_asset_ids": ["{asset}"],
         "metadata": {"tool": "comfy"}, "on_behalf_of": ""},
        f"{ASSET} uri input_asset_ids on_behalf_of created_at",
    ),
    "a change": (
        "update_asset",
        {"asset_id": "{asset}", "output_prompt_id": "{prompt}", "on_behalf_of": "Alice"},
        f"{ASSET} asset_url input_asset_ids on_behalf_of metadata updated_at",
    ),
    "a change that gives nothing": (
        "update_asset",
        {"asset_id": "{asset}", "output_prompt_id": None, "on_behalf_of": "", "input_asset_ids": None},
        f"{ASSET} asset_url input_asset_ids on_behalf_of metadata updated_at",
    ),
    "a change that clears": (
        "update_asset",
        {"asset_id": "{asset}", "clear": ["output_prompt_id"]},
        f"{ASSET} asset_url input_asset_ids on_behalf_of metadata updated_at",
    ),
    "a sync": (
        "sync_post_asset_stats",
        {"civitai_post_id": "77"},
        "success civitai_post_id total_images_fetched synced_count skipped_count failed_count failed",
    ),
    "finding by id": ("find_asset", {"asset_id": "{asset}"}, FOUND),
    "finding by digest": ("find_asset", {"sha256sum": "{sha256sum}"}, FOUND),
    "finding by image": ("find_asset", {"civitai_id": "{image}"}, FOUND),
    "finding by url": ("find_asset", {"civitai_url": "https://civitai.com/images/{image}"}, FOUND),
    "finding by post": ("find_asset", {"post_id": "{post}"}, FOUND),
    "finding nothing": ("find_asset", {"sha256sum": "0" * 64}, "found message"),
    "listing": ("list_civitai_posts", {}, "posts count limit offset"),
    "listing with nulls": (
        "list_civitai_posts",
        {"id": None, "civitai_id": None, "status": None, "created_by": None, "on_behalf_of": None, "start_time": None,
         "end_time": None, "include_details": False, "limit": 50, "offset": 0},
        "posts count limit offset",
    ),
    "listing one": ("list_civitai_posts", {"id": "{post}", "include_details": True}, "posts count limit offset"),
    "listing a time": (
        "list_civitai_posts",
        {"start_time": "2026-05-01", "end_time": "2026-05-01T23:59:59.000Z", "status": "published"},
        "posts count limit offset",
    ),
    "fetching": (
        "fetch_civitai_post_assets", {"post_id": "77", "limit": 50, "page": 1}, "post_id page limit asset_count assets"
    ),
    "a digest": ("calculate_sha256", {"path": "{file}"}, "success path source_type sha256sum"),
    "the recording guide": ("get_workflow_guide", {}, ""),
    "the engagement guide": ("get_media_engagement_guide", {}, ""),
}  # fmt: skip


async def talk(house: "House") -> dict[str, Any]:
    """Have the conversation of `CALLS`, in order; give the answers by their names."""
    items = house.post(2)
    known = {
        "file": f"{house.url}/media/{items[0].file_name}",
        "other_file": f"{house.url}/media/{items[1].file_name}",
        "image": str(items[0].id),
    }
    answers: dict[str, Any] = {}
    for name, (tool, arguments, _) in CALLS.items():
        answer = await house.good(tool, **filled(arguments, known))
        learned = {"a prompt": ["prompt_id"], "a post": ["post_id"], "an asset": ["asset_id", "sha256sum"]}.get(
            name, []
        )
        known |= {key.removesuffix("_id"): answer[key] for key in learned}
        answers[name] = answer
    return answers


def filled(arguments: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return [fill(one) for one in value]
        return value.format_map(known) if isinstance(value, str) else value

    return {name: fill(value) for name, value in arguments.items()}


async def test_a_conversation_of_the_older_server_works_with_all_keys_it_read(house: "House") -> None:
    answers = await talk(house)
    for name, (_, _, keys) in CALLS.items():
        assert set(keys.split()) - answers[name].keys() == set(), name
    for name in ("finding by id", "finding by digest", "finding by image", "finding by url", "finding by post"):
        found = answers[name]
        assert found["asset_id"] == answers["an asset"]["asset_id"], name
        assert set(PROMPT_IN.split()) <= found["input_prompt"].keys()
        assert set(POST_IN.split()) <= found["post"].keys()
        assert found["post_id"] == found["post"]["post_id"] == "77"
        assert (found["output_prompt_id"], found["output_prompt"]) == (None, None)
    assert answers["an asset made from another"]["input_asset_ids"] == [answers["an asset"]["asset_id"]]
    assert (answers["a change that clears"]["output_prompt_id"], answers["a sync"]["synced_count"]) == (None, 1)
    assert [answers[name]["count"] for name in CALLS if name.startswith("listing")] == [1, 1, 1, 1]


async def test_it_works_with_the_tools_that_are_listed_by_default(house: "House") -> None:
    house.restart(toolsets="creator,why")
    answers = await talk(house)
    assert answers.keys() == CALLS.keys()
    async with house.client() as client:
        assert "create_asset" not in {tool.name for tool in (await client.list_tools()).tools}


async def test_a_listed_post_with_details_has_the_keys_it_had(house: "House") -> None:
    (post,) = (await talk(house))["listing one"]["posts"]
    keys = "post_id civitai_id civitai_url status title description created_by metadata created_at updated_at assets"
    assert set(keys.split()) <= post.keys()
    assert post["post_id"] == post["civitai_id"] == "77"


async def test_every_answer_is_what_the_tool_said_it_would_be(house: "House") -> None:
    answers = await talk(house)
    async with house.client() as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
    for name, (tool, _, _) in CALLS.items():
        jsonschema.validate(answers[name], schemas[tool] or {})


async def test_parameters_are_plain_for_gateways_that_refuse_unions(live: "House") -> None:
    async with live.client() as client:
        tools = (await client.list_tools()).tools
    unions = [
        (tool.name, name) for tool in tools for name, one in tool.input_schema["properties"].items() if "anyOf" in one
    ]
    assert unions == []


async def test_every_id_is_text(house: "House") -> None:
    def ids(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [one for each in value for one in ids(each)]
        if not isinstance(value, dict):
            return []
        own = [one for name, one in value.items() if (name == "id" or name.endswith("_id")) and one is not None]
        many = [one for name, each in value.items() if name.endswith("_ids") for one in each or ()]
        return own + many + ids(list(value.values()))

    answers = await talk(house)
    assert len(ids(answers["finding by id"])) > 5
    assert [one for one in ids(list(answers.values())) if not isinstance(one, str)] == []


async def test_the_text_of_an_answer_may_be_read_instead(house: "House") -> None:
    told = await house.call("create_prompt", prompt_text="a lighthouse")
    assert f"Prompt {told.data['prompt_id']} is recorded" in told.text


@pytest.mark.parametrize("tool", PARAMETERS)
async def test_every_parameter_is_still_there_and_no_new_one_is_required(live: "House", tool: str) -> None:
    async with live.client() as client:
        schema = {one.name: one.input_schema for one in (await client.list_tools()).tools}[tool]
    required = {
        "fetch_civitai_post_assets": {"post_id"},
        "sync_post_asset_stats": {"civitai_post_id"},
        "create_prompt": {"prompt_text"},
        "create_asset": {"asset_url", "asset_type", "asset_source"},
        "update_asset": {"asset_id"},
        "create_civitai_post": {"civitai_id", "civitai_url"},
        "calculate_sha256": {"path"},
    }
    assert set(PARAMETERS[tool].split()) <= schema["properties"].keys()
    assert set(schema.get("required", ())) <= required.get(tool, set())


async def test_both_guides_are_prompts_under_their_old_names(live: "House") -> None:
    async with live.client() as client:
        names = {prompt.name for prompt in (await client.list_prompts()).prompts}
        (said,) = (await client.get_prompt("record_civitai_workflow")).messages
    assert names >= {"record_civitai_workflow", "civitai_media_engagement"}
    assert (await live.good("get_workflow_guide"))["guide"] == said.content.model_dump()["text"]


async def test_the_guide_names_only_tools_that_are_there(live: "House") -> None:
    async with live.client() as client:
        tools = {tool.name: tool.input_schema["properties"] for tool in (await client.list_tools()).tools}
    guide = (await live.good("get_workflow_guide"))["guide"]
    for tool in ("create_prompt", "create_asset", "update_asset", "create_civitai_post", "update_civitai_post",
                 "record_civitai_post", "sync_post_asset_stats", "calculate_sha256", "delete_recording"):  # fmt: skip
        assert f"`{tool}" in guide
        assert tool in tools
    assert "`metadata`" in guide
    assert "metadata" in tools["update_asset"]


# What the older server took and we refuse, with the words that lead on; docs/compatibility.md lists them.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a local path as an address": (
        "create_asset", {"asset_url": "/etc/hostname", "asset_type": "image", "asset_source": "upload"},
        "Pass an http(s) URL"),
    "an address of this network": (
        "create_asset", {"asset_url": "http://169.254.169.254/x", "asset_type": "image", "asset_source": "upload"},
        "not on the public internet"),
    "a post that is not recorded": (
        "create_asset", {"asset_url": "{file}", "asset_type": "image", "asset_source": "upload", "post_id": "5"},
        "no recorded post 5"),
    "a source that is not recorded": (
        "create_asset",
        {"asset_url": "{file}", "asset_type": "image", "asset_source": "upload", "input_asset_ids": ["5"]},
        "no recorded asset 5"),
    "a post's id of letters": (
        "create_civitai_post", {"civitai_id": "abc", "civitai_url": "not a url"}, "neither an id nor a URL"),
    "an asset's id of letters": ("find_asset", {"asset_id": "abc"}, "asset_id 'abc' is no asset id"),
    "a hexadecimal id": ("find_asset", {"asset_id": "0x2A"}, "is no asset id"),
    "an id beyond all": ("find_asset", {"asset_id": "99999999999999999999"}, "is no asset id"),
    "a digest of blanks and nothing else": ("find_asset", {"sha256sum": " "}, "needs a criterion"),
    "a listed id of letters": ("list_civitai_posts", {"id": "abc"}, "neither an id nor a URL"),
    "two ids of one post": ("list_civitai_posts", {"id": "7", "civitai_id": "8"}, "name different posts"),
    "a date of words": ("list_civitai_posts", {"start_time": "yesterday"}, "is no date. Write 2026-11-21"),
    "a sync of letters": ("sync_post_asset_stats", {"civitai_post_id": "abc"}, "neither an id nor a URL"),
    "a sync of digits and letters": ("sync_post_asset_stats", {"civitai_post_id": "12abc"}, "neither an id nor a URL"),
    "a sync of what is not recorded": ("sync_post_asset_stats", {"civitai_post_id": "5"}, "Post 5 is not recorded"),
    "a digest that cannot be made": ("calculate_sha256", {"path": "/etc/hostname"}, "Pass an http(s) URL"),
    "a digest of nothing there": ("calculate_sha256", {"path": "{url}/media/none.jpeg"}, "has no such file (404)"),
    "an unknown argument": ("find_asset", {"asset_id": "1", "verbose": True}, "no parameter 'verbose'"),
    "too long a list": ("list_civitai_posts", {"limit": 101}, "less than or equal to 100"),
    "asset 0": ("update_asset", {"asset_id": "0"}, "asset_id '0' is no asset id"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_on_purpose_is_a_failed_result_that_leads_on(house: "House", name: str) -> None:
    tool, arguments, said = REFUSED[name]
    file = f"{house.url}/media/{house.post(1)[0].file_name}"
    told = await house.call(tool, **filled(arguments, {"file": file, "url": house.url}))
    assert_helpful(told, said)
    assert await house.rows("select count(*) from assets") == [(0,)]


def assert_helpful(told: "Told", said: str) -> None:
    assert told.is_error
    assert said in told.text
    for leak in ("Prisma", "zod", "pydantic", "Traceback", "Error executing"):
        assert leak not in told.text


async def test_null_empty_text_and_numbers_are_taken_where_the_older_server_broke(house: "House") -> None:
    answers = await talk(house)
    own = answers["an asset"]["asset_id"]
    for arguments in (
        {"asset_id": int(own), "sha256sum": None, "post_id": None},
        {"asset_id": f" {own} ", "sha256sum": " ", "civitai_url": ""},
        {"civitai_url": f"https://civitai.com/images/{answers['an asset']['civitai_id']}/?period=Day"},
        {"sha256sum": answers["an asset"]["sha256sum"].upper()},
    ):
        assert (await house.good("find_asset", **arguments))["asset_id"] == own
    assert (await house.good("list_civitai_posts", limit="10", civitai_id=" 77 "))["count"] == 1


async def test_a_person_is_listed_whatever_the_case(house: "House") -> None:
    await house.good("create_civitai_post", civitai_id=77, civitai_url="", on_behalf_of="Alice")
    for name in ("Alice", "alice", "ALICE"):
        assert (await house.good("list_civitai_posts", on_behalf_of=name))["count"] == 1
    assert (await house.good("list_civitai_posts", created_by="KEEPER"))["count"] == 1


async def test_the_only_asset_of_many_that_was_shown_now_says_there_are_more(house: "House") -> None:
    house.post(10)
    await house.good("record_civitai_post", posts=[77])
    told = await house.good("find_asset", post_id="77")
    assert (told["matches"], len(told["more_asset_ids"])) == (10, 9)


async def test_a_list_tells_its_total_and_its_pages_neither_repeat_nor_skip(house: "House") -> None:
    for number in range(1, 8):
        await house.good("create_civitai_post", civitai_id=number)
    pages = [await house.good("list_civitai_posts", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [(page["count"], page["total"], page["next_offset"]) for page in pages] == [
        (3, 7, 3),
        (3, 7, 6),
        (1, 7, None),
    ]
    assert len({one["post_id"] for page in pages for one in page["posts"]}) == 7


async def test_page_two_is_not_page_one_again(live: "House") -> None:
    live.post(45)
    pages = [await live.good("fetch_civitai_post_assets", post_id="77", limit=30, page=page) for page in (1, 2)]
    assert [one["civitai_image_id"] for page in pages for one in page["assets"]] == live.ids()


@pytest.mark.parametrize("fault", ["stats-null", "stats-missing"])
async def test_missing_counters_are_unknown_and_cost_their_neighbours_nothing(house: "House", fault: str) -> None:
    items = house.post(3)
    await house.good("record_civitai_post", posts=[77])
    house.advance(hours=1)
    await house.arm(fault, share=1)
    fetched = await house.good("fetch_civitai_post_assets", post_id="77")
    assert [one["engagement_stats"] for one in fetched["assets"]] == [None] * 3
    assert (await house.good("sync_post_asset_stats", civitai_post_id="77"))["unknown_count"] == 3
    found = await house.good("find_asset", civitai_id=items[0].id)
    assert found["engagement"]["like"] == 1


async def test_metadata_of_an_asset_can_be_changed(house: "House") -> None:
    own = (await talk(house))["an asset"]["asset_id"]
    assert (await house.good("update_asset", asset_id=own, metadata={"mood": "grey"}))["metadata"] == {"mood": "grey"}


async def test_the_audit_names_the_person_not_the_database_role(house: "House") -> None:
    await talk(house)
    actors = await house.rows("select distinct actor from audit")
    assert actors == [("Keeper",)]


async def test_an_answer_with_details_stays_small(house: "House") -> None:
    for post_id in range(101, 151):
        for item in house.post(10, post_id, title="Lighthouses"):
            house.world.change(item.id, meta={"prompt": "a lighthouse " * 40})
    for first in (101, 121, 141):
        await house.good("record_civitai_post", posts=list(range(first, min(first + 20, 151))))
    told = await house.call("list_civitai_posts", include_details=True)
    assert told.data["count"] == 50
    assert len(told.text.encode()) <= 20_000
    assert len(json.dumps(told.data, separators=(",", ":"))) < 100_000


@pytest.mark.parametrize("tool", PARAMETERS)
def test_the_page_on_compatibility_names_every_tool_and_parameter(tool: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text(encoding="utf-8")
    assert f"`{tool}`" in page
    assert [name for name in PARAMETERS[tool].split() if f"`{name}`" not in page] == []


@pytest.mark.parametrize("tool", ["create_prompt", "create_asset", "create_civitai_post", "sync_post_asset_stats"])
def test_the_page_on_compatibility_names_every_key_of_an_answer(tool: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{tool}` |")]
    keys = {key for called, _, keys in CALLS.values() if called == tool for key in keys.split()}
    assert [key for key in keys if f"`{key}`" not in row] == []
