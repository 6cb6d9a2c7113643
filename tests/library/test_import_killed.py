"""The command as a process, killed in the middle and begun again: the rows of an undisturbed run."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.sandbox import Item, Switches

if TYPE_CHECKING:
    from tests.house import House

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]
POSTS, MEDIA = 24, 50
TIMES = (
    "- '{recorded_at,updated_at,created_at,first_seen_at,generation_read_at,as_of,last_observed_at,next_due_at,"
    "changed_at,collected_at}'::text[]"
)
TABLES = ("posts", "watches", "images", "image_tracking", "image_stats_history", "generation_parameters", "prompts")


async def rows(house: "House") -> dict[str, list[str]]:
    """Every row, without when it was made and the ids we count up."""
    kept = {
        one: await house.rows(f"select (to_jsonb(t) {TIMES} - 'prompt_id')::text from {one} as t order by 1")
        for one in TABLES
    }
    kept["assets"] = await house.rows(
        "select a.image_id, a.post_id, a.asset_url, p.content from assets as a "
        "left join prompts as p on p.prompt_id = a.input_prompt_id order by 1"
    )
    return {name: list(map(str, found)) for name, found in kept.items()}


@pytest.fixture
def listed(house: "House", tmp_path: Path) -> Path:
    house.world.switches = Switches(post_endpoint=True, posts_per_minute=100_000)
    for number in range(1, POSTS + 1):
        media = [Item(meta={"prompt": f"prompt {place % 3}", "seed": place}) for place in range(MEDIA)]
        house.world.add_post(post_id=number, items=media, title=f"Post {number}")
        house.world.set_stats(house.world.items_of(number)[0].id, like=number)
    path = tmp_path / "posts.csv"
    path.write_text("\n".join(str(number) for number in range(1, POSTS + 1)))
    return path


async def begin(house: "House", listed: Path, report: Path) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "CIVITAI_BASE_URL": house.url,
        "DATABASE_URL": house.database_url,
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
    }
    command = [sys.executable, "-m", "civitai_engagement", "import", str(listed), "--report", str(report)]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=DEVNULL, stderr=PIPE)


async def test_a_killed_import_begun_again_ends_in_the_rows_of_an_undisturbed_one(
    house: "House", listed: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    process = await begin(house, listed, report)
    async with asyncio.timeout(120):
        while not report.exists() or ",imported," not in report.read_text():  # noqa: ASYNC110 # another process writes it
            await asyncio.sleep(0.01)
    process.kill()
    await process.communicate()
    [(stored,)] = await house.rows("select count(*) from posts")
    assert 0 < stored < POSTS

    process = await begin(house, listed, report)
    _, said = await process.communicate()
    assert (process.returncode, f"{stored} already there, {POSTS - stored} imported." in said.decode()) == (0, True)
    resumed = await rows(house)

    await house.run("truncate images, posts, assets, prompts, watches, image_stats_history, audit cascade")
    process = await begin(house, listed, report)
    await process.communicate()
    assert await rows(house) == resumed
