"""What choosing what to ask next takes with a million media tracked: time, and the memory of a fresh process.

`DATABASE_URL=... python -m benchmarks.observatory.choice` chooses on that database, prints what it took as JSON.
"""

import asyncio
import gc
import json
import os
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.observatory.figures import Figure
from benchmarks.observatory.stage import START, Stage, queries, staged
from civitai_engagement.analysis.planner import DuePost, plan
from civitai_engagement.settings import Settings
from civitai_engagement.speed import GARBAGE_AFTER
from civitai_engagement.store.followed import DueGroup
from civitai_engagement.store.store import Store

SECONDS_AIM, MEGABYTES_AIM = 5, 500
BUDGET = 2880  # what an hour at one request a second leaves to the collection
STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Choice:
    """What one choice took, and what it came to."""

    asking: float
    planning: float
    megabytes: float
    posts: int
    asks: int
    requests: int

    def figures(self, media: int) -> list[Figure]:
        name = f"choosing among {media:,} media due"
        detail = f"reading from Postgres {self.asking:.2f} s, planning {self.planning:.2f} s; {self.posts:,} posts"
        held = f"peak of a process that does nothing else; {self.asks:,} asks for {self.requests:,} requests chosen"
        return [
            Figure(name, self.asking + self.planning, "s", SECONDS_AIM, detail=detail),
            Figure(f"{name}, memory", self.megabytes, "MB", MEGABYTES_AIM, detail=held),
        ]


async def measure(media: int) -> list[Figure]:
    """Let another process choose, so that its memory is nobody else's."""
    async with staged() as stage:
        await _fill(stage, media)
        url = stage.runtime.settings.database_url
        assert url is not None  # a stage has a database
        command = (sys.executable, "-m", __name__)
        environment = os.environ | {"DATABASE_URL": url.get_secret_value()}
        child = await create_subprocess_exec(*command, stdout=PIPE, env=environment)
        told, _ = await child.communicate()
    return Choice(**json.loads(told)).figures(media)


async def _fill(stage: Stage, media: int) -> None:
    sql, now = queries("choice"), stage.clock.now()
    async with stage.alone() as connection:
        await sql["images"].run(connection, images=media, now=now)
        await sql["track"].run(connection, now=now)
        await sql["creators"].run(connection, now=now)
        await connection.execute("vacuum analyze")


async def choose(settings: Settings) -> Choice:
    """Read what is due, and plan an hour that reaches only some of it."""
    assert settings.database_url is not None  # the caller set it
    store = Store(url=settings.database_url.get_secret_value(), home=settings.home)
    try:
        async with store.reading() as ledger:
            started = perf_counter()
            due = [_due_post(one) for one in await ledger.followed.due(now=START, tick_at=START)]
            listed = await ledger.followed.listed()
            asked = perf_counter()
    finally:
        await store.close()
    made = plan(due, listed, budget=BUDGET)
    return Choice(asked - started, perf_counter() - asked, peak_megabytes(), len(due), len(made.asks), made.cost)


def _due_post(group: DueGroup) -> DuePost:
    worth = float(group.due * (1 + group.post_id % 7))
    return DuePost(group.post_id, group.creator, group.due, group.size, worth, "old")


def peak_megabytes() -> float:
    """Read the most this process ever held; what `resource` tells includes the process that started it."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1_000_000


if __name__ == "__main__":
    gc.set_threshold(*GARBAGE_AFTER)  # as every command does
    print(json.dumps(asdict(asyncio.run(choose(Settings(_env_file=None))))))
