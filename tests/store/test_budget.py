"""One request budget for all processes: evenly paced, live callers first, and a spare one when the database is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from civitai_engagement.errors import StoreDown
from civitai_engagement.ports import Lane
from civitai_engagement.store.budget import SharedBudget
from civitai_engagement.store.store import Store

RATE = 20.0


class Counted:
    """A spare budget that counts who asked."""

    def __init__(self) -> None:
        self.asked: list[Lane] = []

    async def take(self, lane: Lane) -> None:
        self.asked.append(lane)


@pytest.fixture
async def stores(database_url: str, tmp_path: Path) -> AsyncIterator[list[Store]]:
    async with AsyncExitStack() as stack:
        opened = [Store(url=database_url, home=tmp_path) for _ in range(3)]
        for store in opened:
            stack.push_async_callback(store.close)
            await store.open()
        yield opened


def budgets(stores: list[Store]) -> list[SharedBudget]:
    return [SharedBudget(store, requests_per_second=RATE, spare=Counted()) for store in stores]


async def test_three_processes_together_keep_the_pace(stores: list[Store]) -> None:
    turns: list[float] = []

    async def work(budget: SharedBudget, lane: Lane) -> None:
        for _ in range(5):
            await budget.take(lane)
            turns.append(asyncio.get_running_loop().time())

    lanes = (Lane.BULK, Lane.BULK, Lane.LIVE)
    await asyncio.gather(*(work(budget, lane) for budget, lane in zip(budgets(stores), lanes, strict=True)))
    assert len(turns) == 15
    assert max(turns) - min(turns) >= 0.9 * 14 / RATE  # never faster; how much slower is the machine's affair


async def test_a_live_caller_goes_before_bulk_callers_that_wait_longer(stores: list[Store]) -> None:
    order: list[str] = []
    first, second, third = budgets(stores)
    await first.take(Lane.LIVE)

    async def take(budget: SharedBudget, lane: Lane, name: str) -> None:
        await budget.take(lane)
        order.append(name)

    await first.take(Lane.LIVE)  # the next turn is an interval away: bulk callers find none free
    bulk = [asyncio.create_task(take(one, Lane.BULK, "bulk")) for one in (first, second)]
    live = [asyncio.create_task(take(third, Lane.LIVE, "live")) for _ in range(3)]
    await asyncio.gather(*bulk, *live)
    assert order.count("live") == 3
    assert order[-1] == "bulk"


async def turns_ahead(store: Store) -> float:
    async with store.reading() as ledger:
        seconds = await ledger._connection.fetchval("select extract(epoch from next_at - now()) from api_budget")
    return float(seconds) * RATE


async def test_a_storm_of_cancelled_live_callers_leaves_their_turns_to_the_next(stores: list[Store]) -> None:
    first, second, _ = budgets(stores)
    await first.take(Lane.LIVE)
    storm = [asyncio.create_task(one.take(Lane.LIVE)) for one in (first, second) for _ in range(60)]
    await asyncio.sleep(0)
    for waiting in storm:
        waiting.cancel()
    await asyncio.gather(*storm, return_exceptions=True)
    for budget in (first, second):
        while budget._server is not None and not budget._server.done():
            await asyncio.wait([budget._server])
    assert await turns_ahead(stores[0]) <= 2  # of 120: the one that was taken, and one that another stood behind


async def test_a_turn_whose_caller_left_goes_to_the_next_in_line(stores: list[Store]) -> None:
    budget, *_ = budgets(stores)
    await budget.take(Lane.LIVE)
    leaving, staying = (asyncio.create_task(budget.take(Lane.LIVE)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert leaving.cancelled()
    assert await turns_ahead(stores[0]) <= 1


async def test_when_the_database_goes_those_in_line_pace_themselves(
    stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = Counted()
    budget = SharedBudget(stores[0], requests_per_second=RATE, spare=spare)

    async def gone() -> None:
        raise StoreDown("gone")

    monkeypatch.setattr(budget, "_reserve", gone)
    await asyncio.gather(*(budget.take(Lane.LIVE) for _ in range(3)))
    assert spare.asked == [Lane.LIVE] * 3


@pytest.mark.parametrize("lane", Lane)
async def test_a_clock_set_back_stops_nobody(stores: list[Store], lane: Lane) -> None:
    async with stores[0].writing() as ledger:
        await ledger._connection.execute("insert into api_budget values ('all', now() + interval '4 minutes')")
    async with asyncio.timeout(120):
        await budgets(stores)[0].take(lane)
    assert await turns_ahead(stores[0]) <= 1


async def test_while_the_database_is_away_the_process_paces_itself(tmp_path: Path, stores: list[Store]) -> None:
    spare = Counted()
    closed = SharedBudget(Store(url="postgresql://x@127.0.0.1:1/x", home=tmp_path), requests_per_second=1, spare=spare)
    await closed.take(Lane.LIVE)
    assert spare.asked == [Lane.LIVE]
