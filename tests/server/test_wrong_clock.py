"""Real processes on a machine whose clock is not Civitai's: the sandbox tells a time of its own."""

from typing import TYPE_CHECKING

import asyncpg
import httpx
import pytest

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]
TABLES = ("runs", "images", "image_tracking", "image_stats_history", "leadership", "posts", "rejects")
DAY, MINUTE = 86_400, 60


async def stored(database_url: str) -> dict[str, int]:
    connection = await asyncpg.connect(database_url)
    counts = {name: await connection.fetchval(f"select count(*) from {name}") for name in TABLES}
    await connection.close()
    return counts


async def date_of(civitai: str, ahead: float) -> None:
    async with httpx.AsyncClient(base_url=civitai) as door:
        await door.post("/__sandbox/faults", json={"fault": "wrong-date", "ahead": ahead})


async def test_by_a_clock_two_days_ahead_nothing_is_written(
    program: "Program", civitai: str, database_url: str
) -> None:
    ours = program.having(DATABASE_URL=database_url)
    assert (await ours.run("watch", "creator", "ana", "--no-look"))[0] == 0
    await date_of(civitai, -2 * DAY)
    code, _, said = await ours.run("collect", "--once")
    assert code == 1
    assert "The clock of this machine is 2 days ahead of Civitai's, so nothing is written. Set it" in said
    refused = await ours.run("record", "77")
    assert refused[0] == 1
    assert "2 days ahead" in " ".join(refused[1:])
    assert set((await stored(database_url)).values()) == {0}


async def test_a_quarter_of_an_hour_is_told_and_an_instant_that_is_named_is_held_against_nothing(
    program: "Program", civitai: str, database_url: str
) -> None:
    ours = program.having(DATABASE_URL=database_url)
    assert (await ours.run("watch", "creator", "ana"))[0] == 0
    await date_of(civitai, 15.5 * MINUTE)
    code, _, _ = await ours.run("collect", "--once")
    assert code == 0
    connection = await asyncpg.connect(database_url)
    alarms = await connection.fetch("select name, detail from alarms where recovered_at is null")
    await connection.execute("truncate runs")
    await connection.close()
    assert [(one["name"], one["detail"][:64]) for one in alarms] == [
        ("clock", "The clock of this machine is 15 minutes behind Civitai's: what i")
    ]
    await date_of(civitai, 2 * DAY)
    code, printed, _ = await ours.run("collect", "--once", "--at", "2027-03-01T12:00:00Z", "--json")
    assert (code, '"error": null' in printed) == (0, True)
