import asyncio
from datetime import timedelta

import pytest

from civitai_engagement.civitai.memory import Memory
from civitai_engagement.clock import ManualClock
from civitai_engagement.errors import UpstreamDown


class Question:
    """A question that is answered when told to, and counts how often it was asked and abandoned."""

    def __init__(self) -> None:
        self.asked = 0
        self.abandoned = 0
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str:
        self.asked += 1
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.abandoned += 1
            raise


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def memory(clock: ManualClock) -> Memory[str]:
    return Memory(clock, timedelta(seconds=60), size=2)


async def test_an_answer_is_recalled_while_it_is_young(memory: Memory[str], clock: ManualClock) -> None:
    memory.keep("a", "answer")

    clock.advance(timedelta(seconds=59))
    assert memory.recall("a") == "answer"
    clock.advance(timedelta(seconds=1))
    assert memory.recall("a") is None


async def test_the_answer_to_a_question_is_kept(memory: Memory[str]) -> None:
    question = Question()
    question.answer.set_result("yes")

    assert await memory.ask("a", question) == "yes"
    assert (memory.recall("a"), memory.recall("b")) == ("yes", None)


async def test_the_oldest_answer_goes_when_there_are_too_many(memory: Memory[str]) -> None:
    for key in ("a", "b", "a", "c"):
        memory.keep(key, key)

    assert [memory.recall(key) for key in ("a", "b", "c")] == ["a", None, "c"]


async def test_equal_questions_at_the_same_time_are_asked_once(memory: Memory[str]) -> None:
    question = Question()
    callers = [asyncio.create_task(memory.ask("a", question)) for _ in range(10)]
    await settle()
    question.answer.set_result("yes")

    assert await asyncio.gather(*callers) == ["yes"] * 10
    assert question.asked == 1


async def test_different_questions_are_asked_apart(memory: Memory[str]) -> None:
    first, second = Question(), Question()
    callers = [asyncio.create_task(memory.ask("a", first)), asyncio.create_task(memory.ask("b", second))]
    await settle()
    second.answer.set_result("two")
    first.answer.set_result("one")

    assert await asyncio.gather(*callers) == ["one", "two"]


@pytest.mark.parametrize("leaves", [0, 1])
async def test_one_callers_leaving_does_not_cost_the_other_its_answer(memory: Memory[str], leaves: int) -> None:
    question = Question()
    callers = [asyncio.create_task(memory.ask("a", question)) for _ in range(2)]
    await settle()
    callers[leaves].cancel()
    await settle()
    question.answer.set_result("yes")

    assert await callers[1 - leaves] == "yes"
    assert (question.asked, question.abandoned) == (1, 0)
    assert callers[leaves].cancelled()


async def test_a_question_is_abandoned_when_all_callers_have_left(memory: Memory[str]) -> None:
    question = Question()
    callers = [asyncio.create_task(memory.ask("a", question)) for _ in range(3)]
    await settle()
    for caller in callers:
        caller.cancel()
    await settle()

    assert question.abandoned == 1
    assert memory.recall("a") is None


async def test_a_caller_after_an_abandoned_question_gets_one_of_its_own(memory: Memory[str]) -> None:
    left, fresh = Question(), Question()
    leaving = asyncio.create_task(memory.ask("a", left))
    await settle()
    leaving.cancel()
    await asyncio.sleep(0)
    caller = asyncio.create_task(memory.ask("a", fresh))
    await settle()
    fresh.answer.set_result("fresh")

    assert await caller == "fresh"
    assert left.abandoned == 1


async def test_a_failure_reaches_every_caller_and_is_not_remembered(memory: Memory[str]) -> None:
    failing, working = Question(), Question()
    callers = [asyncio.create_task(memory.ask("a", failing)) for _ in range(2)]
    await settle()
    failing.answer.set_exception(UpstreamDown("down"))

    assert all(isinstance(found, UpstreamDown) for found in await asyncio.gather(*callers, return_exceptions=True))
    working.answer.set_result("up again")
    assert await memory.ask("a", working) == "up again"


async def test_a_caller_in_the_very_moment_of_a_failure_asks_anew(memory: Memory[str]) -> None:
    failing, working = Question(), Question()
    working.answer.set_result("up again")
    first = asyncio.create_task(memory.ask("a", failing))
    await settle()
    under_way = memory._flights["a"].task
    failing.answer.set_exception(UpstreamDown("down"))
    while not under_way.done():  # noqa: ASYNC110  # the tick itself is what is tested
        await asyncio.sleep(0)

    assert not first.done()
    assert await memory.ask("a", working) == "up again"
    with pytest.raises(UpstreamDown):
        await first


async def test_closing_ends_what_is_under_way(memory: Memory[str]) -> None:
    question = Question()
    caller = asyncio.create_task(memory.ask("a", question))
    await settle()

    await memory.aclose()

    assert question.abandoned == 1
    with pytest.raises(asyncio.CancelledError):
        await caller
