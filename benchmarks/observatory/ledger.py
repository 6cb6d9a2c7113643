"""A ledger of twelve million observations to ask: two hundred thousand media looked at sixty times each on average."""

from dataclasses import dataclass
from datetime import timedelta

from benchmarks.observatory.stage import ROUND, START, Stage, queries
from civitai_engagement.store.partitions import ensure_month

POSTS = 27_600
CREATORS = 1200
DAYS = 12
UNTIL = START + timedelta(days=3)
KNOWN = ("track", "posts", "assets", "watches", "creators", "runs")


@dataclass(frozen=True, slots=True)
class Filled:
    """What a ledger was filled with: media, rows of the history, and how often the media were observed."""

    media: int
    rows: int
    observations: int


async def fill(stage: Stage, posts: int = POSTS) -> Filled:
    """Fill an empty ledger, inside Postgres; then it is twenty minutes past the last round."""
    sql, creators = queries("ledger"), max(2, posts * CREATORS // POSTS)
    async with stage.alone() as connection:
        async with connection.transaction():
            await ensure_month(connection, UNTIL - timedelta(days=DAYS))
            await connection.execute("set local work_mem = '256MB'")
            await sql["seed"].run(connection)
            await sql["draw"].run(connection, creators=creators, posts=posts, until=UNTIL)
            await sql["images"].run(connection, until=UNTIL)
            observations = await sql["observe"].value(connection, until=UNTIL)
            await connection.execute("analyze")
            for name in KNOWN:
                await sql[name].run(connection, until=UNTIL)
        await connection.execute("vacuum analyze")
        rows = await connection.fetchval("select count(*) from image_stats_history")
        media = await connection.fetchval("select count(*) from images")
    stage.clock.advance(UNTIL + ROUND / 12 - stage.clock.now())
    return Filled(media, rows, int(observations))
