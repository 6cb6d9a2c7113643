import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from civitai_engagement.civitai.retry import BULK_PATIENCE, RetriedRequest, retried
from civitai_engagement.clock import ManualClock
from civitai_engagement.errors import NotFound, UpstreamBusy, UpstreamDown, UpstreamRefused, UpstreamUnbelievable
from civitai_engagement.ports import Lane

PATIENCE = timedelta(seconds=45)


class RecordedClock(ManualClock):
    """Remembers how long it was asked to sleep."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock.now())
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await super().sleep(seconds)


class RecordedTurns:
    """Remembers who took a turn."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []

    async def take(self, lane: Lane) -> None:
        self.lanes.append(lane)


@pytest.fixture
def slept(clock: ManualClock) -> RecordedClock:
    return RecordedClock(clock)


@pytest.fixture
def turns() -> RecordedTurns:
    return RecordedTurns()


def failing(times: int, error: Exception) -> Callable[[], Awaitable[str]]:
    left = [error] * times

    async def send() -> str:
        if left:
            raise left.pop()
        return "answer"

    return send


@pytest.mark.parametrize("error", [UpstreamDown("down"), UpstreamBusy("busy"), UpstreamUnbelievable("odd")])
@pytest.mark.parametrize("lane", list(Lane))
async def test_what_may_pass_is_tried_again(
    slept: RecordedClock, turns: RecordedTurns, error: UpstreamDown, lane: Lane
) -> None:
    async with retried(slept, turns, lane, PATIENCE) as question:
        assert await question.attempt(failing(2, error)) == "answer"

    assert question.requests == 3
    assert turns.lanes == [lane] * 3
    assert len(slept.pauses) == 2


@pytest.mark.parametrize("error", [UpstreamRefused("no", status=429), NotFound("gone"), ValueError("a bug")])
async def test_what_cannot_pass_is_not_tried_again(
    slept: RecordedClock, turns: RecordedTurns, error: Exception
) -> None:
    with pytest.raises(type(error)):
        async with retried(slept, turns, Lane.LIVE, PATIENCE) as question:
            await question.attempt(failing(1, error))

    assert (len(turns.lanes), slept.pauses) == (1, [])


async def test_pauses_grow_from_one_to_thirty_seconds(slept: RecordedClock, turns: RecordedTurns) -> None:
    for _ in range(20):
        async with retried(slept, turns, Lane.BULK, PATIENCE) as question:
            await question.attempt(failing(4, UpstreamDown("down")))

    widest = [max(slept.pauses[step::4]) for step in range(4)]
    assert min(slept.pauses) >= 1
    assert all(found <= limit for found, limit in zip(widest, (2, 4, 8, 16), strict=True))
    assert widest[3] > 4
    assert len(set(slept.pauses)) == 80


async def test_a_pause_asked_for_is_kept(slept: RecordedClock, turns: RecordedTurns) -> None:
    async with retried(slept, turns, Lane.LIVE, PATIENCE) as question:
        await question.attempt(failing(1, UpstreamBusy("busy", retry_after=20)))

    assert slept.pauses == [20]


async def test_bulk_gives_up_after_five_attempts(slept: RecordedClock, turns: RecordedTurns) -> None:
    with pytest.raises(UpstreamDown, match="down"):
        async with retried(slept, turns, Lane.BULK, PATIENCE) as question:
            await question.attempt(failing(99, UpstreamDown("down")))

    assert len(turns.lanes) == 5


async def test_live_gives_up_within_its_patience_and_says_why(slept: RecordedClock, turns: RecordedTurns) -> None:
    began = slept.now()

    with pytest.raises(UpstreamDown, match="the reason"):
        async with retried(slept, turns, Lane.LIVE, PATIENCE) as question:
            await question.attempt(failing(99, UpstreamDown("the reason")))

    assert slept.now() - began < PATIENCE
    assert len(turns.lanes) > 3


@pytest.mark.parametrize(("lane", "limit"), [(Lane.LIVE, PATIENCE), (Lane.BULK, BULK_PATIENCE)])
async def test_a_pause_longer_than_the_patience_is_handed_on_instead_of_waited_for(
    slept: RecordedClock, turns: RecordedTurns, lane: Lane, limit: timedelta
) -> None:
    asked = limit.total_seconds()

    with pytest.raises(UpstreamBusy) as raised:
        async with retried(slept, turns, lane, PATIENCE) as question:
            await question.attempt(failing(1, UpstreamBusy("busy", retry_after=asked)))

    assert (raised.value.retry_after, slept.pauses) == (asked, [])


async def in_three_requests(question: RetriedRequest) -> None:
    for _ in range(3):
        await question.attempt(failing(1, UpstreamBusy("busy", retry_after=20)))


async def test_live_patience_is_for_all_requests_of_a_question_together(
    slept: RecordedClock, turns: RecordedTurns
) -> None:
    with pytest.raises(UpstreamBusy):
        async with retried(slept, turns, Lane.LIVE, PATIENCE) as question:
            await in_three_requests(question)

    assert slept.pauses == [20, 20]


async def test_what_cannot_be_true_is_asked_three_times(slept: RecordedClock, turns: RecordedTurns) -> None:
    with pytest.raises(UpstreamUnbelievable):
        async with retried(slept, turns, Lane.LIVE, PATIENCE) as question:
            await question.attempt(failing(99, UpstreamUnbelievable("foreign items")))

    assert len(turns.lanes) == 3


async def test_a_request_that_hangs_ends_with_the_patience(clock: ManualClock, turns: RecordedTurns) -> None:
    async def hang() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(UpstreamDown, match="did not answer within"):
        async with retried(clock, turns, Lane.LIVE, timedelta(milliseconds=20)) as question:
            await question.attempt(hang)


async def test_cancelling_a_pause_ends_the_question(clock: ManualClock, turns: RecordedTurns) -> None:
    asleep = asyncio.Event()

    class StandingClock(ManualClock):
        async def sleep(self, seconds: float) -> None:
            asleep.set()
            await asyncio.get_running_loop().create_future()

    async def ask() -> None:
        async with retried(StandingClock(clock.now()), turns, Lane.LIVE, PATIENCE) as question:
            await question.attempt(failing(9, UpstreamDown("down")))

    task = asyncio.create_task(ask())
    await asleep.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(turns.lanes) == 1
