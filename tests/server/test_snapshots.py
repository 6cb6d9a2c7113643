"""What clients are told of the server: each tool as recorded, and the manners all of them keep.

After a change that is meant: `pytest tests/server/test_snapshots.py --record`, and read the difference.
"""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it ships no types
from mcp import Client
from mcp.server import MCPServer
from mcp.types import Tool

from civitai_engagement.runtime import Runtime
from civitai_engagement.server import tools
from civitai_engagement.server.app import INSTRUCTIONS, build
from civitai_engagement.server.tool import load, names
from civitai_engagement.settings import Settings

FOLDER = Path(tools.__file__).parent
NAMES = names()
VERBS = {
    "audit",
    "calculate",
    "chart",
    "compare",
    "create",
    "delete",
    "fetch",
    "find",
    "get",
    "list",
    "rate",
    "record",
    "summarize",
    "sync",
    "unwatch",
    "update",
    "watch",
}


@pytest.fixture(scope="module")
def listed() -> dict[str, Tool]:
    """Every tool by its name, as one client was told of them."""

    async def ask() -> dict[str, Tool]:
        async with Client(build(Runtime(Settings(_env_file=None)))) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    return asyncio.run(ask())


def wire(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(mode="json", by_alias=True, exclude_none=True)


@pytest.mark.parametrize("name", NAMES)
async def test_a_tool_is_as_it_was_recorded(name: str, listed: dict[str, Tool], request: pytest.FixtureRequest) -> None:
    (tool,) = await MCPServer("one", tools=[load(name)]).list_tools()
    told = json.dumps(wire(tool), indent=2, ensure_ascii=False) + "\n"
    kept = FOLDER / f"{name}.json"
    if request.config.getoption("--record"):
        kept.write_text(told, encoding="utf-8")
    assert told == kept.read_text(encoding="utf-8")
    assert wire(listed[name]) == wire(tool)


@pytest.mark.slow
def test_no_tool_is_loaded_by_listing_them() -> None:
    """What a tool stands on takes longer to import than all the rest of the server."""
    code = (
        "import asyncio, sys\n"
        "from civitai_engagement.runtime import Runtime\n"
        "from civitai_engagement.server.app import build\n"
        "from civitai_engagement.settings import Settings\n"
        "print(len(asyncio.run(build(Runtime(Settings(_env_file=None))).list_tools())))\n"
        "print([name for name in sys.modules if name.startswith(('civitai_engagement.server.tools.', 'asyncpg'))])\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout  # our own code
    assert said == f"{len(NAMES)}\n[]\n"


def test_every_tool_is_recorded_and_no_other(listed: dict[str, Tool]) -> None:
    assert sorted(listed) == NAMES == sorted(path.stem for path in FOLDER.glob("*.json"))


def test_all_tools_together_are_slim(listed: dict[str, Tool]) -> None:
    everything = [wire(tool) for tool in listed.values()]
    assert len(json.dumps(everything, separators=(",", ":"), ensure_ascii=False).encode()) < 30_000


def test_the_instructions_are_short_and_name_every_tool() -> None:
    assert len(INSTRUCTIONS.encode()) < 2_000
    assert [name for name in NAMES if name not in INSTRUCTIONS] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_says_what_it_is(name: str, listed: dict[str, Tool]) -> None:
    tool = listed[name]
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name)
    assert name.partition("_")[0] in VERBS
    assert tool.title
    assert tool.description
    assert 40 <= len(tool.description.encode()) <= 2_000
    hints = tool.annotations
    assert hints is not None
    assert None not in (hints.read_only_hint, hints.open_world_hint)
    assert hints.read_only_hint or None not in (hints.destructive_hint, hints.idempotent_hint)


@pytest.mark.parametrize("name", NAMES)
def test_the_input_of_a_tool_is_plain_and_described(name: str, listed: dict[str, Tool]) -> None:
    schema = listed[name].input_schema
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert {"anyOf", "oneOf", "allOf"}.isdisjoint(schema)
    assert [one for one, told in schema.get("properties", {}).items() if not told.get("description")] == []
    assert not [one for one, told in schema.get("properties", {}).items() if "title" in told]


@pytest.mark.parametrize("name", NAMES)
def test_the_output_of_a_tool_has_a_schema(name: str, listed: dict[str, Tool]) -> None:
    schema = listed[name].output_schema
    assert schema is not None
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert {"summary", "as_of", "notes"}.isdisjoint(schema["properties"]), "every answer has them: told once, elsewhere"


def test_only_what_writes_says_that_it_writes(listed: dict[str, Tool]) -> None:
    hints = {name: tool.annotations for name, tool in listed.items()}
    writing = {
        name
        for name in NAMES
        if name.startswith(("create_", "delete_", "record_", "sync_", "unwatch_", "update_", "watch_"))
    }
    assert {name for name, told in hints.items() if told and not told.read_only_hint} == writing
    assert [name for name, told in hints.items() if told and told.destructive_hint] == ["delete_recording"]


async def test_the_server_names_itself_and_its_prompt_and_resources() -> None:
    async with Client(build(Runtime(Settings(_env_file=None)))) as client:
        assert client.server_info
        assert client.server_info.name == "civitai-engagement"
        assert client.instructions == INSTRUCTIONS
        prompts = (await client.list_prompts()).prompts
        templates = (await client.list_resource_templates()).resource_templates
        resources = (await client.list_resources()).resources
    assert [one.name for one in prompts] == ["civitai_media_engagement", "record_civitai_workflow"]
    assert [one.uri_template for one in templates] == [
        "post://{post_id}",
        "image://{image_id}",
        "history://post/{post_id}",
        "history://image/{image_id}",
    ]
    assert [str(one.uri) for one in resources] == [
        "ui://civitai-engagement/chart",
        "guide://engagement",
        "guide://recording",
        "changes://latest",
    ]
