"""`python -m tests.recorded FILE`: every tool and command asked on one made-up Civitai, all that came back kept.

What must not change is recorded before a change and after it, and the two files are compared. The world, the clock and
the questions are the same each time; ports, folders and keys drawn at random are written as fixed words.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp import Client

from civitai_engagement.clock import ManualClock
from civitai_engagement.sandbox import Sandbox
from civitai_engagement.sandbox.world import BEGINNING
from civitai_engagement.settings import Settings
from civitai_engagement.store.embedded import EmbeddedPostgres, temporary_folder
from docs.questions import ANA, BO, Cast, Story, live_through, made_up, server

STORY = Story(days=16, posts=40)
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
VARYING = (  # what differs from run to run: cursors hold Postgres' snapshots, and some figures are this machine's
    (r'(newer_cursor"?: "?)[\w=-]+', r"\1CURSOR"),
    (r'((?:seconds|database_bytes|disk_free_bytes)\\*": )[\d.e+-]+', r"\g<1>0"),
    (r"((?:size|free disk):? +)[\d.]+ [MG]B", r"\1SOME"),
    (r"20\d\d-\d\d-\d\dT[\d:]+\.\d+Z?|(?<=history as of )[\d: -]+UTC|(?<= as of )[\d: -]+UTC(?=; all times)", "NOW"),
)
STANDING = """
import sys
from datetime import datetime
from civitai_engagement import clock
at = datetime.fromisoformat(sys.argv[1])
clock.SystemClock.now = lambda self: at
sys.argv[:2] = ["civitai-engagement"]
from civitai_engagement.__main__ import main
main()
"""


def calls(cast: Cast) -> list[tuple[str, dict[str, Any]]]:
    """List what every tool is asked, those that write last."""
    post, best, some = str(cast.latest), str(cast.best), [str(one) for one in cast.some]
    image = f"https://civitai.com/images/{cast.image}"
    reading: list[tuple[str, dict[str, Any]]] = [
        *((tool, dict(arguments)) for question in cast.questions() for tool, arguments in question.calls),
        ("fetch_civitai_post_assets", {"post_id": post, "include_details": True, "page": 1, "limit": 2}),
        ("fetch_civitai_post_assets", {"post_id": "999"}),
        ("list_civitai_posts", {"limit": 3}),
        ("list_civitai_posts", {"limit": 50, "include_details": False}),
        ("find_asset", {"civitai_url": f"https://civitai.com/posts/{best}"}),
        ("find_asset", {"civitai_id": "404404"}),
        ("get_engagement_history", {"creator": ANA, "step": "day"}),
        ("get_engagement_history", {"image": image, "step": "week"}),
        ("get_engagement_history", {"post": best}),
        ("list_changes", {"limit": 40}),
        *(("get_top_movers", {"window": window, "by": by}) for window in ("24h", "30d") for by in ("gain", "per_hour")),
        ("get_top_movers", {"of": "images", "window": "7d"}),
        ("get_top_movers", {"creator": BO}),
        ("get_top_media", {"posts": some, "by": "comments", "limit": 3}),
        ("chart_engagement", {"creator": ANA, "by": "time"}),
        ("rate_post", {"post": best}),
        ("compare_posts", {"posts": some[:4]}),
        ("find_unusual", {}),
        ("find_peak_hours", {}),
        ("summarize_creator", {"username": BO}),
        ("audit_library", {"checks": 10}),
        ("get_media_engagement_guide", {}),
        ("get_workflow_guide", {}),
    ]
    writing: list[tuple[str, dict[str, Any]]] = [
        ("create_prompt", {"prompt_text": "a cat", "llm_model_provider": "x", "llm_model": "y"}),
        (
            "create_asset",
            {"asset_url": f"{image}", "asset_type": "image", "asset_source": "generated"},
        ),
        ("create_civitai_post", {"civitai_id": "5150", "title": "By hand"}),
        ("update_civitai_post", {"post_id": best, "title": "Renamed"}),
        ("record_civitai_post", {"posts": [post, "999"]}),
        ("sync_post_asset_stats", {"civitai_post_id": post}),
        ("watch_creator", {"usernames": [BO, "nobody_at_all"]}),
        ("watch_post", {"posts": [post]}),
        ("list_watches", {}),
        ("list_posts", {}),
        ("unwatch_post", {"posts": [post]}),
        ("unwatch_creator", {"usernames": [BO]}),
        ("delete_recording", {"kind": "post", "id": best}),
        ("restore_recording", {"kind": "post", "id": best}),
    ]
    return reading + writing


def commands(cast: Cast) -> list[list[str]]:
    """List what the command line is asked; each that can is asked for JSON too."""
    post, best = str(cast.latest), str(cast.best)
    asked = [
        ["status"], ["watches"], ["post", post], ["history", best, "--step", "day"], ["rate", best],
        ["compare", post, best], ["summary", ANA], ["hours", ANA], ["movers", "--window", "7d"],
        ["movers", "--by", "age"], ["unusual"], ["audit"],
    ]  # fmt: skip
    exports = [["export", what, "--format", kind] for what in EXPORTS for kind in ("csv", "jsonl")]
    return [*asked, *([*one, "--json"] for one in asked), *exports, *([one, "--help"] for one in HELP)]


EXPORTS = ("posts", "assets", "history")
HELP = ("post", "history", "export", "import", "chart", "movers", "watch", "collect", "serve")


async def tools(client: Client, cast: Cast) -> list[dict[str, Any]]:
    told = []
    for tool, arguments in calls(cast):
        result = await client.call_tool(tool, arguments)
        blocks = [one.model_dump(mode="json") for one in result.content]
        told.append({"tool": tool, "asked": arguments, "error": result.is_error, "content": blocks})
        told[-1]["structure"] = result.structured_content
    return told


async def terminal(arguments: list[str], environment: Mapping[str, str], at: datetime) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STANDING, at.isoformat(), *arguments, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return {"command": arguments, "code": process.returncode, "out": out.decode().split("\n"), "err": err.decode()}


async def everything() -> str:
    """Live through the days, ask everything, and give it as JSON lines."""
    clock = ManualClock(BEGINNING)
    world, cast = made_up(STORY, clock)
    with temporary_folder("recorded") as folder:
        async with Sandbox(world) as sandbox, EmbeddedPostgres(folder / "home"):
            settings = Settings(_env_file=None, civitai_base_url=sandbox.url, home=folder / "home")
            await live_through(STORY, cast, clock, settings)
            parameters = server(settings, STORY.asked_at)
            environment = {**(parameters.env or {}), "COLUMNS": "100", "TERM": "dumb"}
            shown = [await terminal(one, environment, STORY.asked_at) for one in commands(cast)]
            async with Client(parameters) as client:
                told = await tools(client, cast)
        text = "\n".join(json.dumps(one, ensure_ascii=False, indent=1) for one in [*told, *shown])
        return _settled(text.replace(sandbox.url, "https://civitai.com").replace(str(folder), "~"))


def _settled(text: str) -> str:
    """Write what differs from run to run as fixed words, keys as numbers in the order in which they are met."""
    for pattern, fixed in VARYING:
        text = re.sub(pattern, fixed, text)
    met: dict[str, str] = {}
    return UUID.sub(lambda one: met.setdefault(one.group(), f"key-{len(met)}"), text) + "\n"


if __name__ == "__main__":
    os.environ.pop("DATABASE_URL", None)
    Path(sys.argv[1]).write_text(asyncio.run(everything()), encoding="utf-8")
