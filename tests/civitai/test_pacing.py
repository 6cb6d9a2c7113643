import asyncio
import selectors
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

import pytest

from civitai_engagement.civitai.pacing import LocalBudget
from civitai_engagement.ports import Lane


class SkippingSelector(selectors.DefaultSelector):
    """Does not wait for a timer: it moves the loop's time there."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.skipped += max(timeout or 0.0, 0.0)
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    def __init__(self) -> None:
        self._skipping = SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped


def run(scene: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(scene)


class Log:
    """Who got a turn, and when."""

    def __init__(self, requests_per_second: float) -> None:
        self.budget = LocalBudget(requests_per_second)
        self.turns: list[tuple[str, float]] = []

    async def take(self, name: str, lane: Lane) -> None:
        await self.budget.take(lane)
        self.turns.append((name, asyncio.get_running_loop().time()))

    def at(self, name: str) -> float:
        return dict(self.turns)[name]


@pytest.mark.parametrize("rate", [0.5, 1.0, 4.0])
def test_turns_are_evenly_spaced_without_a_burst(rate: float) -> None:
    async def scene() -> None:
        log = Log(rate)
        await asyncio.gather(*(log.take(str(number), Lane.BULK) for number in range(4)))
        times = [at for _, at in log.turns]
        assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([1 / rate] * 3)

    run(scene())


def test_an_idle_time_is_not_saved_up() -> None:
    async def scene() -> None:
        log = Log(1)
        await asyncio.sleep(100)
        await asyncio.gather(*(log.take(str(number), Lane.LIVE) for number in range(3)))
        assert [at for _, at in log.turns] == pytest.approx([100, 101, 102])

    run(scene())


@pytest.mark.parametrize("arrives", [0.0, 0.3, 0.9, 1.0, 5.4])
def test_a_live_caller_waits_less_than_two_intervals_however_many_bulk_callers_queue(arrives: float) -> None:
    async def scene() -> None:
        log = Log(1)
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(log.take(f"bulk {number}", Lane.BULK))
            await asyncio.sleep(arrives)
            group.create_task(log.take("live", Lane.LIVE))
        assert log.at("live") - arrives < 2
        assert len(log.turns) == 21

    run(scene())


def test_live_callers_all_go_before_the_bulk_callers_that_came_earlier() -> None:
    async def scene() -> None:
        log = Log(1)
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(log.take(f"bulk {number}", Lane.BULK))
            await asyncio.sleep(0.5)
            for number in range(3):
                group.create_task(log.take(f"live {number}", Lane.LIVE))
        names = [name for name, _ in log.turns]
        assert names == ["bulk 0", "live 0", "live 1", "live 2", "bulk 1", "bulk 2"]

    run(scene())


@pytest.mark.parametrize("lane", list(Lane))
def test_a_caller_that_goes_away_does_not_take_a_turn_along(lane: Lane) -> None:
    async def scene() -> None:
        log = Log(1)
        await log.take("first", Lane.LIVE)
        leaving = [asyncio.create_task(log.take("gone", lane)) for _ in range(5)]
        await asyncio.sleep(0.2)
        for task in leaving:
            task.cancel()
        await log.take("bulk", Lane.BULK)
        await log.take("live", Lane.LIVE)
        assert log.turns == [("first", 0.0), ("bulk", pytest.approx(1)), ("live", pytest.approx(2))]

    run(scene())


def test_when_everybody_has_gone_the_next_caller_still_gets_a_turn() -> None:
    async def scene() -> None:
        log = Log(1)
        await log.take("first", Lane.LIVE)
        leaving = asyncio.create_task(log.take("gone", Lane.BULK))
        await asyncio.sleep(0.2)
        leaving.cancel()
        await asyncio.sleep(5)
        await log.take("late", Lane.BULK)
        assert log.turns == [("first", 0.0), ("late", pytest.approx(5.2))]

    run(scene())
