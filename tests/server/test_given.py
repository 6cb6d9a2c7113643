"""Hosts add words of their own, fill what a model leaves out, and write lists in every spelling."""

from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped] # it ships no types
import pytest

from civitai_engagement.server.given import meant
from civitai_engagement.server.tool import StrictTool, load, names

if TYPE_CHECKING:
    from tests.house import House

FETCH, WATCH = "fetch_civitai_post_assets", "watch_creator"
OWN: dict[str, Any] = {
    "toolCallId": "call_1",
    "sessionId": "abc",
    "action": "sendMessage",
    "chatInput": "hi",
    "_sessionID": "x",
    "wait_for_previous": True,
    "security_context": {"agent_fingerprint": {}},
    "_tool_context": {"user": "x"},
    "_auth_auth_type": "admin",
    "random_string": "x",
}


@pytest.mark.parametrize("word", OWN)
async def test_what_a_host_adds_is_dropped_and_not_refused(live: "House", word: str) -> None:
    live.post(2)
    assert (await live.good(FETCH, post_id=77, **{word: OWN[word]}))["asset_count"] == 2
    unknown: dict[str, Any] = {f"{word}s": 1}
    assert (await live.call(FETCH, post_id=77, **unknown)).is_error


def choices() -> list[Any]:
    found = []
    for tool in map(load, names()):
        needed = tool.parameters.get("required", ())
        found += [
            pytest.param(tool.name, name, id=f"{tool.name}-{name}")
            for name, one in tool.parameters["properties"].items()
            if "enum" in one and name not in needed
        ]
    return found


@pytest.mark.parametrize(("tool", "name"), choices())
def test_a_choice_that_need_not_be_made_takes_null_and_its_choices(tool: str, name: str) -> None:
    schema = load(tool).parameters["properties"][name]
    for value in (None, schema["enum"][0]):
        jsonschema.validate(value, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate("lost", schema)


NOTHING: dict[str, dict[str, Any]] = {
    "an id": {"civitai_id": "null"},
    "a person's choice": {"status": "None"},
    "a date": {"start_time": "null", "end_time": "NONE"},
    "a number": {"limit": "null", "offset": " none "},
    "yes or no": {"include_details": "null"},
    "everything": {"civitai_id": None, "status": "", "created_by": "", "limit": None, "text": ""},
}


@pytest.mark.parametrize("name", NOTHING)
async def test_words_for_nothing_are_not_given(house: "House", name: str) -> None:
    await house.good("create_civitai_post", civitai_id=77)
    assert (await house.good("list_civitai_posts", **NOTHING[name]))["count"] == 1


# Free text and names, which a person may well call "None"; of everything else the words mean that it is not given.
AS_WRITTEN = {
    *("path", "asset_url", "title", "description", "text", "prompt_text", "purpose", "llm_model", "llm_model_provider"),
    *("creator", "username", "usernames", "created_by", "on_behalf_of", "names", "parameters", "base_model"),
    *("contains", "creators"),  # words of a prompt, names
}


@pytest.mark.parametrize("tool", names())
def test_only_texts_and_names_may_be_called_none(tool: str) -> None:
    """Whoever adds a parameter decides which of the two it is."""
    one = load(tool)
    every = one.parameters["properties"]
    assert meant(dict.fromkeys(every), one.parameters, one.wordless) == {}
    for word in ("null", "none", "None", " NULL "):
        choices = {name for name, kind in every.items() if word in kind.get("enum", ())}
        assert set(meant(dict.fromkeys(every, word), one.parameters, one.wordless)) - choices <= AS_WRITTEN


def asks_civitai(tool: StrictTool) -> bool:
    return tool.annotations is not None and bool(tool.annotations.open_world_hint)


HOSTS: dict[str, Any] = {"strict mode": None, "n8n": "null", "a small model": "None"}
EASY = [one for one in names() if not load(one).parameters.get("required") and not asks_civitai(load(one))]


@pytest.mark.parametrize("host", HOSTS)
async def test_a_host_that_fills_in_everything_gets_what_one_that_fills_in_nothing_gets(
    house: "House", host: str
) -> None:
    filling, own = HOSTS[host], OWN if host == "n8n" else {}
    for tool in EASY:
        every = [name for name in load(tool).parameters["properties"] if filling is None or name not in AS_WRITTEN]
        plain, filled = await house.call(tool), await house.call(tool, **dict.fromkeys(every, filling), **own)
        assert (filled.is_error, filled.text) == (plain.is_error, plain.text)


async def test_names_and_texts_are_taken_as_they_are_written(house: "House") -> None:
    await house.good("create_civitai_post", civitai_id=77, title="None", on_behalf_of="null")
    assert await house.rows("select title, on_behalf_of from posts") == [("None", "null")]
    for found in ({"text": "none"}, {"on_behalf_of": "null"}):
        assert (await house.good("list_civitai_posts", **found))["count"] == 1
    assert (await house.good("list_civitai_posts", created_by="None"))["count"] == 0
    await house.good(WATCH, usernames="None, null")
    assert await house.rows("select lower(name) from watches where kind = 'creator' order by 1") == [
        ("none",),
        ("null",),
    ]


async def test_a_choice_called_none_can_be_made() -> None:
    tool = load("summarize_creator")
    assert meant({"compare_to": "none"}, tool.parameters, tool.wordless) == {"compare_to": "none"}


LISTS = {
    "python's quotes": "['77', '78']",
    "json": '["77", 78]',
    "numbers": "[77, 78]",
    "a tuple's comma": "['77','78',]",
    "commas": "77, 78",
    "with nothing between": ["77", None, "", "null", 78],
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_may_be_written_in_any_spelling(live: "House", name: str) -> None:
    live.post(2)
    live.post(2, 78)
    assert (await live.good("get_top_media", posts=LISTS[name]))["compared"] == 4


@pytest.mark.parametrize("text", ["[" * 50_000, "['77', __import__('os')]", "[" + "9" * 5_000 + "]", "['77'"])
async def test_a_text_that_only_looks_like_a_list_is_refused_in_words(live: "House", text: str) -> None:
    told = await live.call("get_top_media", posts=text)
    assert told.is_error
    assert len(told.text) < 1_000


HALVES: dict[str, dict[str, Any]] = {
    "an id": {"post_id": "7\ud83d"},
    "in a list": {"posts": ["77", "\ud83d"]},
    "a name": {"created_by": "an\udc00a"},
    "a parameter's name": {"\ud83d": 1},
}


@pytest.mark.parametrize("name", HALVES)
async def test_half_a_character_is_refused_by_every_tool(live: "House", name: str) -> None:
    for tool in ("find_asset", "create_civitai_post", "list_civitai_posts", "record_civitai_post"):
        told = await live.call(tool, **HALVES[name])
        assert told.is_error
        told.text.encode()


@pytest.mark.parametrize("text", ["{}", " { } "])
async def test_an_empty_object_as_text_is_not_given_either(text: str) -> None:
    for name in ("update_asset", "update_civitai_post"):
        tool = load(name)
        given = {"metadata": text, "metadata_mode": "replace"}
        assert meant(given, tool.parameters, tool.wordless) == {"metadata_mode": "replace"}
