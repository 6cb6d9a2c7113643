"""The sandbox by itself, and the demo: everything at work on a made-up Civitai."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import TextContent
from rich.console import Console

from civitai_engagement.cli.collecting import collect_once
from civitai_engagement.clock import ManualClock
from civitai_engagement.errors import BadInput
from civitai_engagement.library.watching import watch
from civitai_engagement.records.watches import Names
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Sandbox, Switches, World, WorldName
from civitai_engagement.settings import Settings
from civitai_engagement.store.embedded import temporary_folder

DEMO_POSTS = 5
REQUESTS_PER_SECOND = 20
HALF_A_DAY = timedelta(hours=12)
HOUR = timedelta(hours=1)


async def serve_sandbox(*, port: int, seed: int, name: str = WorldName.USUAL) -> None:
    """Serve a grown world until interrupted."""
    world = _world(seed, _world_name(name))
    async with Sandbox(world, port=port) as sandbox:
        example = _liveliest(world)[0]
        sys.stdout.write(
            f"A made-up Civitai is at {sandbox.url} (Ctrl-C stops it). Try it from another shell:\n"
            f"  CIVITAI_BASE_URL={sandbox.url} civitai-engagement post {example}\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Narrator:
    """Tells what happens, and how long it took."""

    console: Console

    async def step(self, title: str, work: Callable[[], Awaitable[str]]) -> str:
        started = perf_counter()
        with self.console.status(title):
            said = await work()
        self.console.print(f"\n[bold cyan]{title}[/] [dim]({perf_counter() - started:.1f} s)[/]", highlight=False)
        self.console.print(said, highlight=False, markup=False, soft_wrap=True)
        return said


async def run_demo() -> None:
    """Record posts of a sandbox through a real server process over stdio, and ask it questions."""
    narrator = Narrator(Console())
    with temporary_folder("demo") as folder:
        home = folder / "home"
        async with Sandbox(_world(seed=7)) as sandbox:
            narrator.console.print(f"A made-up Civitai is at {sandbox.url}; the database lives in {folder} for now.")
            riser = _riser(sandbox.world)
            await narrator.step(
                "watch_creator: half a day of following one, in fast motion",
                lambda: _live_through(sandbox, home, sandbox.world.posts[riser].username or ""),
            )
            async with Client(_server(sandbox.url, home)) as client:
                await _conversation(narrator, client, sandbox.world, riser)
    narrator.console.print(
        "\nThat was a real server, a real database and a real client. Next: connect your assistant (README)."
    )


async def _live_through(sandbox: Sandbox, home: Path, creator: str) -> str:
    """Watch a creator as of half a day ago, and look every hour since, so that there is a history to ask for."""
    now = sandbox.world.now()
    clock = ManualClock(now.replace(minute=0, second=0, microsecond=0) - HALF_A_DAY)
    settings = Settings(home=home, civitai_base_url=sandbox.url, requests_per_second=REQUESTS_PER_SECOND)
    seen = []
    async with Runtime(settings, clock=clock).opened(warm_up=False) as runtime:
        await watch(runtime, Names.creators([creator]))
        while clock.now() < now:
            sandbox.world.clock.set(clock.now())
            runs = await collect_once(runtime, is_quiet=True)
            seen.append(f"{clock.now():%H:%M} UTC: {sum(one.observed for one in runs)} media observed")
            clock.advance(HOUR)
    sandbox.world.clock.set(now)
    return "\n".join([f"Watching {creator}.", *seen])


def _server(url: str, home: Path) -> StdioServerParameters:
    environment = {
        "CIVITAI_BASE_URL": url,
        "CIVITAI_ENGAGEMENT_HOME": str(home),
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": str(REQUESTS_PER_SECOND),
        "CIVITAI_ENGAGEMENT_LOG_LEVEL": "ERROR",
    }
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "CIVITAI_API_KEY"}}
    arguments = ["-m", "civitai_engagement", "serve", "--no-collect"]
    return StdioServerParameters(command=sys.executable, args=arguments, env=kept | environment)


async def _conversation(narrator: Narrator, client: Client, world: World, riser: int) -> None:
    posts = _liveliest(world)
    image = _best_image(world, posts[0])

    def call(tool: str, **arguments: Any) -> Callable[[], Awaitable[str]]:
        return lambda: _call(client, tool, arguments)

    await narrator.step(
        "record_civitai_post: follow five posts", call("record_civitai_post", posts=[str(one) for one in posts])
    )
    await narrator.step(
        f"fetch_civitai_post_assets: how is post {posts[0]} doing now?",
        call("fetch_civitai_post_assets", post_id=f"https://civitai.com/posts/{posts[0]}", limit=10),
    )
    await narrator.step(
        "get_top_media: what does best, and do videos?",
        call("get_top_media", posts=[str(one) for one in posts], limit=5),
    )
    await narrator.step(
        "find_asset: I have an image URL", call("find_asset", civitai_url=f"https://civitai.com/images/{image}")
    )
    await narrator.step("list_civitai_posts: what do I follow?", call("list_civitai_posts", include_details=False))
    await narrator.step(
        f"get_engagement_history: how did post {riser} grow?",
        call("get_engagement_history", post=str(riser), step="4h"),
    )


def _world(seed: int, name: WorldName = WorldName.USUAL) -> World:
    switches = Switches(post_endpoint=True)
    if name is WorldName.USUAL:
        return World.grow(seed=seed, live=True, switches=switches)
    return World.planted(name, seed=seed, live=True, switches=switches)


def _world_name(text: str) -> WorldName:
    try:
        return WorldName(text.strip().lower())
    except ValueError as unknown:
        raise BadInput(
            f"The sandbox has no world {text!r}.", hint=f"Choose one of: {', '.join(WorldName)}."
        ) from unknown


def _liveliest(world: World) -> list[int]:
    """Name the posts with the most likes, most first."""
    likes: Counter[int] = Counter()
    for item in world.items:
        if item.post_id is not None:
            likes[item.post_id] += world.truth(item.id)["counters"]["like"]
    return [post_id for post_id, _ in likes.most_common(DEMO_POSTS)]


def _riser(world: World) -> int:
    """Name the post, half a day old at least, that gained the most likes since."""
    now, then = world.now(), world.now() - HALF_A_DAY
    gains: Counter[int] = Counter()
    for item in world.items:
        if item.post_id is not None and item.present(then):
            gains[item.post_id] += item.counts(now).like - item.counts(then).like
    return gains.most_common(1)[0][0]


def _best_image(world: World, post_id: int) -> int:
    return max(world.items_of(post_id), key=lambda item: int(world.truth(item.id)["counters"]["like"])).id


async def _call(client: Client, tool: str, arguments: Mapping[str, Any]) -> str:
    result = await client.call_tool(tool, dict(arguments))
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    if result.is_error:
        raise RuntimeError(f"{tool}: {text}")
    return text
