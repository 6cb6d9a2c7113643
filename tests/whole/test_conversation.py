"""One conversation over real stdio: each step fails once as a user makes it fail, hears the way on, and goes it."""

import asyncio
import csv
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent

from civitai_engagement.sandbox import Counts, Item, Sandbox, Switches, World
from civitai_engagement.sandbox.growth import Pinned

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]
POST = 77
MODULE = ["-m", "civitai_engagement"]


@dataclass
class Conversation:
    """A client that talks to the program, and remembers what it was told under names.

    >>> await talk.refused("create_prompt", "did you mean 'prompt_text'", text="a lighthouse")
    >>> await talk.told("create_prompt", prompt_text="a lighthouse")
    """

    client: Client
    refusals: list[str] = field(default_factory=list)
    successes: list[str] = field(default_factory=list)

    async def _say(self, tool: str, **arguments: Any) -> tuple[bool, str, Any]:
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        return bool(result.is_error), text, result.structured_content

    async def refused(self, tool: str, way_on: str, **arguments: Any) -> None:
        is_error, text, _ = await self._say(tool, **arguments)
        assert is_error, text
        assert way_on in text
        self.refusals.append(tool)

    async def told(self, tool: str, **arguments: Any) -> Any:
        is_error, text, data = await self._say(tool, **arguments)
        assert not is_error, text
        assert text.startswith(data["summary"])
        self.successes.append(tool)
        return data


@pytest.fixture
def world() -> World:
    """A post of three pictures and a film, served from files of its own."""
    made = World.empty(live=True, switches=Switches(post_endpoint=True, local_media=True))
    kinds = ["image", "image", "image", "video"]
    items = [Item(type=kind, counters=Pinned(Counts(like=place))) for place, kind in enumerate(kinds, start=1)]
    made.add_post(post_id=POST, username="ana", items=items, title="Lighthouses")
    return made


def environment_for(url: str, database_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CIVITAI_BASE_URL": url,
        "DATABASE_URL": database_url,
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
        "CIVITAI_ENGAGEMENT_RECORDED_BY": "Keeper",
        "CIVITAI_ENGAGEMENT_ALLOWED_FOLDERS": str(folder),
    }


@asynccontextmanager
async def talking(url: str, database_url: str, folder: Path) -> AsyncIterator[Conversation]:
    environment = environment_for(url, database_url, folder)
    server = StdioServerParameters(
        command=sys.executable,
        args=[*MODULE, "serve", "--no-collect", "--toolsets", "all"],
        env=environment,
        cwd=folder,
    )
    with (folder / "log").open("w") as log:
        async with Client(stdio_client(server, errlog=log)) as client:
            yield Conversation(client)


async def test_a_user_records_links_observes_changes_finds_exports_and_deletes(
    world: World, database_url: str, tmp_path: Path
) -> None:
    async with Sandbox(world) as sandbox, talking(sandbox.url, database_url, tmp_path) as talk:
        prompt = await record_a_prompt(talk)
        asset = await record_a_file(talk, sandbox.url, world, prompt)
        await record_a_post_that_is_not_public_yet(talk)
        await link(talk, world, asset, prompt)
        await observe(talk, world)
        await publish(talk)
        await link_what_is_recorded(talk, sandbox.url, world)
        await change(talk, asset)
        await look(talk, asset)
        await export(tmp_path, environment_for(sandbox.url, database_url, tmp_path), asset)
        await clean_up(talk, prompt)
    steps = {"create_prompt", "create_asset", "create_civitai_post", "update_asset", "sync_post_asset_stats",
             "record_civitai_post", "update_civitai_post", "list_civitai_posts", "find_asset", "calculate_sha256",
             "delete_recording"}  # fmt: skip
    assert set(talk.refusals) == set(talk.successes) == steps
    assert "Traceback" not in (tmp_path / "log").read_text()


async def record_a_prompt(talk: Conversation) -> str:
    await talk.refused("create_prompt", "did you mean 'prompt_text'?", prompt="a lighthouse at dusk")
    made = await talk.told("create_prompt", prompt_text="a lighthouse at dusk", llm_model=None, on_behalf_of="Alice")
    return str(made["prompt_id"])


async def record_a_file(talk: Conversation, url: str, world: World, prompt: str) -> str:
    item = world.items_of(POST)[0]
    file = {"asset_url": f"{url}/media/{item.file_name}", "asset_source": "generated"}
    await talk.refused("calculate_sha256", "CIVITAI_ENGAGEMENT_ALLOWED_FOLDERS names the folders", path="/etc/hostname")
    digest = await talk.told("calculate_sha256", path=file["asset_url"])
    await talk.refused("create_asset", "Pass asset_type=image.", **file, asset_type="video", input_prompt_id=prompt)
    made = await talk.told("create_asset", **file, asset_type="image", input_prompt_id=prompt, metadata={"take": 1})
    assert made["sha256sum"] == digest["sha256sum"]
    return str(made["asset_id"])


async def record_a_post_that_is_not_public_yet(talk: Conversation) -> None:
    way_on = "That is an image, not a post. Use find_asset to learn its post."
    await talk.refused("create_civitai_post", way_on, civitai_id="https://civitai.com/images/5")
    made = await talk.told("create_civitai_post", civitai_id=POST, status="pending", on_behalf_of="Alice")
    assert made["post_id"] == str(POST)


async def link(talk: Conversation, world: World, asset: str, prompt: str) -> None:
    image = world.items_of(POST)[0].id
    await talk.refused("update_asset", "Record it with create_prompt first.", asset_id=asset, input_prompt_id="999")
    made = await talk.told("update_asset", asset_id=asset, civitai_id=image, post_id=POST, output_prompt_id=None)
    assert (made["civitai_id"], made["post_id"], made["input_prompt_id"]) == (str(image), str(POST), prompt)


async def observe(talk: Conversation, world: World) -> None:
    way_on = "Post 78 is not recorded. Record it with record_civitai_post first."
    await talk.refused("sync_post_asset_stats", way_on, civitai_post_id="78")
    seen = await talk.told("sync_post_asset_stats", civitai_post_id=POST)
    assert (seen["synced_count"], seen["skipped_count"]) == (1, 3)
    assert any("record_civitai_post adds them" in note for note in seen["notes"])


async def publish(talk: Conversation) -> None:
    await talk.refused("record_civitai_post", "Pass: Civitai posts: ids or URLs", posts=[])
    unknown = await talk.told("record_civitai_post", posts=["78"])
    assert "try again in ten minutes" in unknown["results"][0]["error"]
    (made,) = (await talk.told("record_civitai_post", posts=[f"https://civitai.com/posts/{POST}"]))["results"]
    assert (made["outcome"], made["assets"], made["new_assets"], made["title"]) == ("updated", 4, 3, "Lighthouses")


async def link_what_is_recorded(talk: Conversation, url: str, world: World) -> None:
    """Bring a file of one's own to an image that recording its post has made an asset of."""
    item = world.items_of(POST)[1]
    theirs = (await talk.told("find_asset", civitai_id=item.id))["asset_id"]
    file = {"asset_url": f"{url}/media/{item.file_name}", "asset_type": "image", "asset_source": "upload"}
    way_on = "Record the file without civitai_id, then link it with update_asset: it takes over that asset."
    await talk.refused("create_asset", way_on, **file, civitai_id=item.id)
    mine = await talk.told("create_asset", **file, metadata={"take": 2})
    made = await talk.told("update_asset", asset_id=mine["asset_id"], civitai_id=item.id, post_id=POST)
    assert made["summary"].endswith(f"and took over asset {theirs}.")
    found = await talk.told("find_asset", civitai_id=item.id)
    assert (found["asset_id"], found["matches"], found["metadata"]["take"]) == (mine["asset_id"], 1, 2)


async def change(talk: Conversation, asset: str) -> None:
    way_on = "'status' cannot be cleared. These can: title, description, on_behalf_of, metadata."
    await talk.refused("update_civitai_post", way_on, post_id=POST, clear=["status"])
    made = await talk.told("update_civitai_post", post_id=POST, description="at dusk", metadata={"series": 3})
    assert (made["status"], made["title"], made["on_behalf_of"]) == ("published", "Lighthouses", "Alice")
    kept = await talk.told("update_asset", asset_id=asset, metadata={"grade": "A"})
    assert kept["metadata"] == {"take": 1, "grade": "A"}


async def look(talk: Conversation, asset: str) -> None:
    await talk.refused("list_civitai_posts", "Write 2026-11-21 or", start_time="yesterday")
    listed = await talk.told("list_civitai_posts", on_behalf_of="ALICE", text="dusk", asset_type="video")
    (post,) = listed["posts"]
    assert (post["post_id"], post["asset_count"], post["engagement"]["like"]) == (str(POST), 4, 10)
    await talk.refused("find_asset", "Pass asset_id, sha256sum, civitai_id, civitai_url, post_id or text.", asset_id="")
    found = await talk.told("find_asset", text="lighthouses", asset_type="image", post_id=POST)
    assert (found["asset_id"], found["matches"], found["engagement"]["like"]) == (asset, 3, 1)


async def export(folder: Path, environment: dict[str, str], asset: str) -> None:
    """Leave the conversation for the shell: the same things as a table."""
    code, said = await command(folder, environment, "export", "assets", "--format", "parquet")
    assert code != 0
    assert "Name a file with --output." in said
    code, said = await command(folder, environment, "export", "assets", "--output", "assets.csv")
    assert (code, "4 rows of assets" in said) == (0, True), said
    rows = list(csv.DictReader((folder / "assets.csv").read_text(encoding="utf-8").splitlines()))
    assert asset in {row["asset_id"] for row in rows}
    assert len(rows) == 4


async def command(folder: Path, environment: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *MODULE, *arguments, env=environment, cwd=folder, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def clean_up(talk: Conversation, prompt: str) -> None:
    way_on = "Change that first with update_asset, or delete it."
    await talk.refused("delete_recording", way_on, kind="prompt", id=prompt)
    gone = await talk.told("delete_recording", kind="post", id=POST)
    assert len(gone["deleted_asset_ids"]) == 4
    await talk.told("delete_recording", kind="prompt", id=prompt)
    assert (await talk.told("list_civitai_posts"))["total"] == 0
