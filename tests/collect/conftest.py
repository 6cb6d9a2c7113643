"""Ticks of the clock in a house whose world is known."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.collect.tick import run_tick
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.runs import Run

if TYPE_CHECKING:
    from tests.house import House


@dataclass(frozen=True, slots=True)
class Collector:
    """A process that collects."""

    house: "House"
    claims: Claims

    async def tick(self, **later: float) -> dict[str, Run]:
        """Let time pass, then do what is due; gives the runs by job."""
        self.house.advance(**later)
        runs = await run_tick(self.house.runtime, self.claims)
        return {run.job: run for run in runs}

    async def refresh(self, **later: float) -> Run:
        return (await self.tick(**later))["update_existing_stats"]

    async def watch(self, kind: str, name: str) -> None:
        await self.house.run(
            "insert into watches (kind, name, created_by, created_at) values ($1, $2, 'me', now())", kind, name
        )

    async def tracked(self, image_id: int) -> tuple[Any, ...]:
        """Give state, misses, source and next due of an image."""
        rows = await self.house.rows(
            "select state, misses, source, next_due_at from image_tracking where image_id = $1", image_id
        )
        return rows[0]

    async def history(self, image_id: int) -> list[tuple[datetime, str, int]]:
        """Give (collected_at, event, likes) of an image, oldest first."""
        rows = await self.house.rows(
            "select collected_at, event, like_count from image_stats_history where image_id = $1 order by 1", image_id
        )
        return [(at, event, likes) for at, event, likes in rows]


@pytest.fixture
async def collector(house: "House") -> AsyncIterator[Collector]:
    async with await house.runtime.store.claims("test:1") as claims:
        yield Collector(house, claims)
