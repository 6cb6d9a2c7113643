"""The engine of docs/engines.md, run as it stands there."""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

PAGE = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
RUNS = "select job, finished_at is not null, observed >= planned, error from runs where tick_at > $1 order by job"
SEEN = "select count(*), count(distinct image_id) from image_stats_history where collected_at > $1"
JOBS = ["collect_new_images", "keep_features", "study_engagement", "update_existing_stats"]


def engine() -> tuple[str, dict[str, Any]]:
    """Read the page's program; gives it as text, and the names it makes."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    return found[1], names


@pytest.mark.slow
async def test_it_runs_every_job_once_in_fifty_lines_and_again_for_nothing(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        house.post(2, number)
    await house.good("record_civitai_post", posts=[str(number) for number in range(1, 4)])
    began = house.clock.now()
    for item in list(house.world.items):
        house.world.set_stats(item.id, like=60, heart=1, comment=2)
    monkeypatch.setenv("CIVITAI_BASE_URL", house.url)
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_DATABASE_URL", house.database_url)
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND", "50")
    program, does = engine()
    assert len([line for line in program.splitlines() if line.strip()]) <= 50
    for parts_expected in (3, 0):
        parts = await asyncio.to_thread(does["plan"])
        assert len(parts) == parts_expected
        await asyncio.gather(*(asyncio.to_thread(does["carry_out"], part) for part in parts))
        await asyncio.to_thread(does["close"], parts)
        assert [row[0] for row in await house.rows(RUNS, began)] == JOBS
        assert {row[1:] for row in await house.rows(RUNS, began)} == {(True, True, None)}
        assert await house.rows(SEEN, began) == [(6, 6)]
