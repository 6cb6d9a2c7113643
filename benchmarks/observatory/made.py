"""What asking what goes with reactions takes, of as many media as are followed: reading off, reading, comparing.

`python -m benchmarks.observatory.made --images 1000000` fills a ledger of that size, and prints the figures.
`DATABASE_URL=... python -m benchmarks.observatory.made --study` studies that database, and prints what it took as JSON.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from statistics import median
from time import perf_counter, process_time

from benchmarks.observatory.choice import peak_megabytes
from benchmarks.observatory.figures import Figure
from benchmarks.observatory.stage import START, Stage, queries, staged
from civitai_engagement.answers.why.made_rows import made_rows
from civitai_engagement.answers.why.parameter_effects import EffectOptions, parameter_effects
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.collect.jobs.features import keep_outdated
from civitai_engagement.collect.jobs.study import study_engagement
from civitai_engagement.records.made import LIVE_MEDIA, MadeScope
from civitai_engagement.runtime import Runtime
from civitai_engagement.settings import Settings
from civitai_engagement.speed import GARBAGE_AFTER
from civitai_engagement.store.partitions import ensure_month

MODULE = "benchmarks.observatory.made"
DAYS = 400
POST_SIZE = 7.7
SETTLED = 500
TICK_AIM_MS, LIVE_AIM_MS, KEPT_AIM_MS, NIGHT_AIM_S, NIGHT_AIM_MB = 1000, 1000, 300, 180, 600
Ask = Callable[[], Awaitable[object]]


async def fill(stage: Stage, images: int) -> int:
    """Fill an empty ledger, inside Postgres; gives how many media are in it."""
    sql, until, posts = queries("made"), stage.clock.now(), max(20, round(images / POST_SIZE))
    async with stage.alone() as connection:
        for days in range(0, DAYS + 31, 28):
            async with connection.transaction():
                await ensure_month(connection, until - timedelta(days=DAYS - days))
        await connection.execute("set work_mem = '256MB'; set session_replication_role = replica")
        await sql["seed"].run(connection)
        await sql["draw"].run(connection, creators=max(2, images // 90), posts=posts, until=until)
        for name in ("images", "parameters", "resources", "history", "track", "terms"):
            await sql[name].run(connection, **({"until": until} if ":until" in sql[name].source else {}))
        await connection.execute("analyze")
        await sql["features"].run(connection, until=until)
        await connection.execute("vacuum analyze")
        return int(await connection.fetchval("select count(*) from image_features"))


async def measure(images: int, calls: int = 20) -> list[Figure]:
    async with staged() as stage:
        media = await fill(stage, images)
        of = f"of {media:,} media"
        return [
            await _size(stage, media),
            await _tick(stage, of),
            *await _night(stage, of),
            *await _live(stage, of, calls),
            await _kept(stage, of, calls),
        ]


async def _size(stage: Stage, media: int) -> Figure:
    async with stage.alone() as connection:
        row = await queries("made")["bytes"].one_or_none(connection)
    assert row is not None  # it has no condition
    return Figure("features, bytes a media", row["features"] / media, detail="indexes and all")


async def _tick(stage: Stage, of: str) -> Figure:
    """Read off media that passed an age, as the last step of a tick does."""
    times = []
    for _ in range(5):
        async with stage.alone() as connection:
            await queries("made")["pass"].run(connection, until=stage.clock.now(), count=SETTLED)
        started = perf_counter()
        kept = await keep_outdated(stage.runtime, 20_000)
        times.append(1000 * (perf_counter() - started) * SETTLED / max(kept, 1))
    name = f"a tick's features of {SETTLED} media that passed an age, {of}"
    return Figure(name, sorted(times)[len(times) // 2], "ms", TICK_AIM_MS)


async def _live(stage: Stage, of: str, calls: int) -> list[Figure]:
    """Read, and answer, about one creator of usual size, and about as many media as are compared live."""
    async with stage.alone() as connection:
        many = await queries("made")["creators"].all(connection, most=LIVE_MEDIA, count=1)
        usual = await queries("made")["creators"].all(connection, most=2_600, count=calls)
    figures = []
    for rows in (usual, [many[0]] * calls):
        scopes = [MadeScope(creator=row["username"]) for row in rows]
        said = f"{rows[0]['media']:,} media of one creator, {of}"
        figures += [
            await _p95(f"reading {said}", [_reading(stage, scope) for scope in scopes]),
            await _p95(
                f"find_parameter_effects for {said}", [_answering(stage, row["username"]) for row in rows], LIVE_AIM_MS
            ),
        ]
    return figures


def _reading(stage: Stage, scope: MadeScope) -> Ask:
    async def ask() -> object:
        async with stage.store.reading() as ledger:
            return await made_rows(ledger, scope, 72)

    return ask


def _answering(stage: Stage, creator: str | None) -> Ask:
    return lambda: parameter_effects(stage.runtime, EffectOptions(creator=creator))


async def _kept(stage: Stage, of: str, calls: int) -> Figure:
    return await _p95(f"find_parameter_effects for all {of}", [_answering(stage, None)] * calls, KEPT_AIM_MS)


async def _p95(name: str, asks: Sequence[Ask], aim: float | None = None) -> Figure:
    """Time some asks; what of it is our processor's, in the middle, tells how busy the machine was besides."""
    await asks[0]()
    times, busy = zip(*[await _ms(ask) for ask in asks], strict=True)
    slowest = sorted(times)[min(len(times) - 1, round(0.95 * len(times)))]
    return Figure(f"{name}, p95", slowest, "ms", aim, detail=f"of Python's processor {median(busy):.0f} ms")


async def _ms(ask: Ask) -> tuple[float, float]:
    started, worked = perf_counter(), process_time()
    await ask()
    return 1000 * (perf_counter() - started), 1000 * (process_time() - worked)


async def _night(stage: Stage, of: str) -> list[Figure]:
    """Let another process study everything, so that its memory is nobody else's."""
    url = stage.runtime.settings.database_url
    assert url is not None  # a stage has a database
    environment = os.environ | {"DATABASE_URL": url.get_secret_value()}
    child = await create_subprocess_exec(sys.executable, "-m", MODULE, "--study", stdout=PIPE, env=environment)
    told, _ = await child.communicate()
    seconds, busy, megabytes = json.loads(told)
    return [
        Figure(
            f"the nightly study {of}", seconds, "s", NIGHT_AIM_S, detail=f"at three ages; {busy:.0f} s of its processor"
        ),
        Figure(f"the nightly study {of}, memory", megabytes, "MB", NIGHT_AIM_MB, detail="peak of its process"),
    ]


async def study() -> tuple[float, float, float]:
    runtime = Runtime(Settings(_env_file=None), clock=ManualClock(START))
    async with runtime.opened(warm_up=False), await runtime.store.claims("bench") as claims:
        claim = await claims.claim("study_engagement", START, START)
        assert claim is not None  # nobody else is at it
        started = perf_counter()
        await study_engagement(ActiveRun(runtime, claim, allowance=1))
    return perf_counter() - started, process_time(), peak_megabytes()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.observatory.made", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--study", action="store_true", help="study the database of DATABASE_URL")
    given = parser.parse_args()
    if given.study:
        print(json.dumps(asyncio.run(study())))
        return
    for one in asyncio.run(measure(given.images)):
        print(" | ".join(one.cells), flush=True)


if __name__ == "__main__":
    gc.set_threshold(*GARBAGE_AFTER)  # as every command does
    main()
