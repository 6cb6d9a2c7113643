"""The demo, as a newcomer runs it: one command, everything real, a history that grew."""

import asyncio
import os
import re
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TITLES = (
    "watch_creator",
    "record_civitai_post",
    "fetch_civitai_post_assets",
    "get_top_media",
    "find_asset",
    "list_civitai_posts",
    "get_engagement_history",
)


async def test_the_demo_asks_everything_and_shows_how_a_post_grew() -> None:
    folder = Path(tempfile.mkdtemp(prefix="engagement-"))
    folder.chmod(0o711)
    environment = {**os.environ, "TMPDIR": str(folder), "TERM": "dumb", "COLUMNS": "200"}
    command = [sys.executable, "-m", "civitai_engagement", "demo"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)
    async with asyncio.timeout(120):
        said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    assert [title for title in TITLES if f"\n{title}: " not in said] == []
    gained = [int(one) for one in re.findall(r"^\d{4}-\d\d-\d\dT.*?Z\|(?:\d+\|){5}(\d+)\|", said, flags=re.MULTILINE)]
    assert len(gained) >= 2
    assert sum(gained) > 0
    folder.rmdir()  # the demo leaves nothing behind
