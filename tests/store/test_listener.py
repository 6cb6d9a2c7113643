import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any

import asyncpg
import pytest

from civitai_engagement.errors import StoreDown
from civitai_engagement.store.events import POSTS_A_MESSAGE, read
from civitai_engagement.store.listener import Listener
from civitai_engagement.store.transaction import transaction

LONG = 10**10  # ids are that long at most


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def tell(writer: "asyncpg.Connection[asyncpg.Record]", posts: Iterable[int]) -> None:
    async with transaction(writer) as changed:
        changed.update(posts)


async def test_changes_are_heard_once_committed_and_again_after_the_connection_was_lost(
    database_url: str, writer: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    pauses: list[float] = []
    failures = [StoreDown("not yet"), StoreDown("not yet")]

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        if failures:
            raise failures.pop()
        return await asyncpg.connect(database_url, server_settings={"application_name": "ears"})

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    heard = Listener(connect, sleep=pause).heard()
    async with asyncio.timeout(120):
        assert await anext(heard) == frozenset()
        assert len(pauses) == 2
        await tell(writer, [9])
        assert await anext(heard) == {9}
        await writer.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ears'")
        assert await anext(heard) == frozenset(), "something may have been missed meanwhile"
        await tell(writer, range(LONG, LONG + POSTS_A_MESSAGE + 1))
        assert await anext(heard) | await anext(heard) == set(range(LONG, LONG + POSTS_A_MESSAGE + 1))
    await heard.aclose()
    left = "select count(*) from pg_stat_activity where application_name = 'ears'"
    for _ in range(5_000):
        if not await writer.fetchval(left):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the connection is left open")


class Swallowed:
    """A connection over a network that swallows everything."""

    def __init__(self) -> None:
        self.is_open = True
        self.asked = 0

    def add_termination_listener(self, _: object) -> None: ...

    async def add_listener(self, *_: object) -> None: ...

    async def execute(self, *_: object, **__: object) -> None:
        self.asked += 1
        if self.asked == 2:
            raise TimeoutError

    def terminate(self) -> None:
        self.is_open = False


async def test_a_connection_that_died_in_silence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("civitai_engagement.store.listener.ALIVE_AFTER", 0)
    made: list[Any] = []

    async def connect() -> Any:
        made.append(Swallowed())
        return made[-1]

    async with aclosing(Listener(connect).heard()) as heard, asyncio.timeout(120):
        assert [await anext(heard) for _ in range(2)] == [frozenset()] * 2
    assert [(one.asked, one.is_open) for one in made] == [(2, False), (0, False)]


class Standby(Swallowed):
    """A connection to a server that lets nobody listen."""

    async def add_listener(self, *_: object) -> None:
        raise asyncpg.ReadOnlySQLTransactionError("cannot execute LISTEN during recovery")


async def test_a_standby_where_nobody_may_listen_is_asked_again_only_after_growing_pauses() -> None:
    pauses: list[float] = []
    refusing = [Standby() for _ in range(4)]
    left = list(refusing)

    async def connect() -> Any:
        return left.pop() if left else Swallowed()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with aclosing(Listener(connect, sleep=pause).heard()) as heard:
        assert await anext(heard) == frozenset()
    assert len(pauses) == len(refusing)
    assert min(pauses) >= 1
    assert not any(one.is_open for one in refusing)


@pytest.mark.parametrize(
    ("payload", "posts"),
    [("[1,2]", {1, 2}), ("[]", set()), ("{broken", set()), ('{"a": 1}', set()), ('[1, "2", true, null]', {1})],
)
def test_a_message_of_a_stranger_says_only_that_something_changed(payload: str, posts: set[int]) -> None:
    assert read(payload) == posts
