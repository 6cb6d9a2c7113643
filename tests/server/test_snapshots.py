"""What clients are told of the server: each tool as recorded, and the manners all of them keep.

After a change that is meant: `make snapshots`, and read the difference.
"""

import asyncio
import json
import os
import re
import shutil
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
from civitai_engagement.server.app import build, instructions
from civitai_engagement.server.catalogue import catalogue
from civitai_engagement.server.tool import load, names
from civitai_engagement.server.toolsets import advised, off, recorded
from civitai_engagement.setting_values import Toolset
from civitai_engagement.settings import Settings

FOLDER = Path(tools.__file__).parent
NAMES = names()
EVERY = frozenset(Toolset)
USUAL = frozenset({Toolset.CREATOR, Toolset.WHY})
BOUNDS = {Toolset.CREATOR: 27_000, Toolset.WHY: 9_000, Toolset.LIBRARY: 15_000}  # bytes of tools/list
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
    "profile",
    "rate",
    "read",
    "record",
    "restore",
    "summarize",
    "sync",
    "unwatch",
    "update",
    "watch",
}


@pytest.fixture(scope="module", autouse=True)
def record(request: pytest.FixtureRequest) -> None:
    """Record the tools anew where that is asked for, before anybody reads what was recorded."""
    if not request.config.getoption("--record"):
        return
    pages = {FOLDER / f"{name}.json": asyncio.run(told(name)) for name in NAMES}
    for gone in set(FOLDER.glob("*.json")) - pages.keys():
        gone.unlink()
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")
    for remembered in (recorded, catalogue, off):
        remembered.cache_clear()


@pytest.fixture(scope="module")
def listed(record: None) -> dict[str, Tool]:
    """Every tool by its name, as one client was told of them."""

    async def ask() -> dict[str, Tool]:
        async with Client(build(Runtime(Settings(_env_file=None, toolsets="all")))) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    return asyncio.run(ask())


def wire(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(mode="json", by_alias=True, exclude_none=True)


def kept(name: str) -> dict[str, Any]:
    """Give what is recorded of a tool besides what clients are told."""
    made = load(name)
    return {"toolset": made.toolset, "is_brief": made.is_brief}


async def told(name: str) -> str:
    """Say what clients are told of a tool, and which set it is of."""
    made = load(name)
    (tool,) = await MCPServer("one", tools=[made]).list_tools()
    return json.dumps({**kept(name), **wire(tool)}, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", NAMES)
async def test_a_tool_is_as_it_was_recorded(name: str, listed: dict[str, Tool]) -> None:
    now = await told(name)
    assert now == (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert json.loads(now) == {**kept(name), **wire(listed[name])}


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
    assert said == f"{len(NAMES) - len(off(USUAL))}\n[]\n"


def test_every_tool_is_recorded_and_no_other(listed: dict[str, Tool]) -> None:
    assert sorted(listed) == NAMES == sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("toolset", Toolset)
def test_a_set_of_tools_is_slim(toolset: Toolset, listed: dict[str, Tool]) -> None:
    names = {tool["name"] for tool in recorded() if tool["toolset"] == toolset}
    ours = [wire(tool) for name, tool in listed.items() if name in names]
    assert len(json.dumps(ours, separators=(",", ":"), ensure_ascii=False).encode()) <= BOUNDS[toolset]


def test_what_is_on_by_default_leaves_room_for_other_servers_of_a_host() -> None:
    assert len(NAMES) - len(off(USUAL)) <= 37


@pytest.mark.parametrize("toolsets", [None, "creator", "creator,why", "library", "all", " Library, creator "])
async def test_a_client_is_told_of_the_sets_that_are_on_and_of_no_other_tool(toolsets: str | None) -> None:
    settings = Settings(_env_file=None, toolsets=toolsets) if toolsets else Settings(_env_file=None)
    async with Client(build(Runtime(settings))) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        said = [client.instructions or "", *(tool.description or "" for tool in listed.values())]
        said += [json.dumps(wire(tool)) for tool in listed.values()]
        for prompt in (await client.list_prompts()).prompts:
            said += [str(prompt), str(await client.get_prompt(prompt.name))]
        for uri in ("guide://engagement", "guide://recording"):
            said.append(str(await client.read_resource(uri)))
    wanted = (toolsets or "creator,why").lower()
    sets = EVERY if "all" in wanted else {one for one in Toolset if one in wanted}
    assert listed.keys() == {tool["name"] for tool in recorded() if tool["toolset"] in sets}
    assert [name for name in off(settings.listed) & set(NAMES) if any(name in text for text in said)] == []


def test_an_advice_names_no_tool_that_is_off_and_says_how_to_list_it() -> None:
    advice = "There is no recorded prompt 7. Record it with create_prompt first."
    assert advised(advice, EVERY) == advice
    said = advised(advice, USUAL)
    assert said.startswith("There is no recorded prompt 7. The tools for that are not listed.")
    assert "--toolsets all" in said
    assert advised("Post 7 is not recorded. Use record_civitai_post.", USUAL).endswith("Use record_civitai_post.")


@pytest.mark.parametrize("toolsets", ["", "libary", "creator;why", "none"])
def test_a_set_that_is_none_is_refused_with_the_names_of_those_that_are(toolsets: str) -> None:
    with pytest.raises(ValueError, match="pass creator, why, library"):
        Settings(_env_file=None, toolsets=toolsets)


def test_the_instructions_are_short_and_name_every_tool() -> None:
    assert len(instructions(EVERY).encode()) < 2_000
    assert [name for name in NAMES if name not in instructions(EVERY)] == []
    usual = instructions(USUAL)
    assert [name for name in NAMES if name not in usual] == sorted(off(USUAL))


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


@pytest.mark.parametrize("name", NAMES)
def test_each_part_of_an_answer_says_its_kind_and_none_by_a_list_of_types(name: str, listed: dict[str, Tool]) -> None:
    parts = (listed[name].output_schema or {})["properties"]
    kinds = {one: [choice.get("type") for choice in told.get("anyOf", [told])] for one, told in parts.items()}
    assert [one for one, told in kinds.items() if not all(isinstance(kind, str) for kind in told)] == []


def test_only_what_writes_says_that_it_writes(listed: dict[str, Tool]) -> None:
    hints = {name: tool.annotations for name, tool in listed.items()}
    writing = {
        name
        for name in NAMES
        if name.startswith(("create_", "delete_", "record_", "restore_", "sync_", "unwatch_", "update_", "watch_"))
    }
    assert {name for name, told in hints.items() if told and not told.read_only_hint} == writing
    assert [name for name, told in hints.items() if told and told.destructive_hint] == ["delete_recording"]


async def test_the_server_names_itself_and_its_prompt_and_resources() -> None:
    async with Client(build(Runtime(Settings(_env_file=None)))) as client:
        assert client.server_info
        assert client.server_info.name == "civitai-engagement"
        assert client.instructions == instructions(USUAL)
        prompts = (await client.list_prompts()).prompts
        templates = (await client.list_resource_templates()).resource_templates
        resources = (await client.list_resources()).resources
    assert [one.name for one in prompts] == ["civitai_media_engagement", "record_civitai_workflow", "what_works"]
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


TRIAL = '''"""A trial."""

from civitai_engagement.server.guide import Guide
from civitai_engagement.server.tool import Card, Ctx

CARD = Card("Try something")


async def get_trial(ctx: Ctx) -> Guide:
    """Tell of a tool that was written a moment ago."""
    return Guide(summary="It is there.", notes=[], guide="")
'''


@pytest.mark.slow
def test_one_run_takes_in_a_new_tool_and_drops_one_that_is_gone(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    unread = shutil.ignore_patterns("__pycache__")
    for folder in ("src", "tests/server"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=unread)
    for page in [root / "pyproject.toml", *(root / "tests").glob("*.py")]:
        shutil.copy(page, tmp_path / page.relative_to(root))
    tools_there = tmp_path / "src/civitai_engagement/server/tools"
    (tools_there / "get_trial.py").write_text(TRIAL, encoding="utf-8")
    (tools_there / "calculate_sha256.py").unlink()
    words = ["-q", "-p", "no:cacheprovider", "tests/server/test_snapshots.py", "--record", "-k", "recorded and trial"]
    run = subprocess.run(  # our own code
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert (tools_there / "get_trial.json").exists()
    assert not (tools_there / "calculate_sha256.json").exists()
