"""When somebody is told that collecting is in trouble, and what they hear."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from civitai_engagement.analysis.condition import CollectionVerdict, Condition
from civitai_engagement.analysis.trouble import ConditionFinding, Trouble
from civitai_engagement.collect.alarms import Notice, announce, news, unnoticed
from civitai_engagement.store.alarms import Alarm

if TYPE_CHECKING:
    from tests.house import House

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = Condition(CollectionVerdict.OK)
ILL = Condition(CollectionVerdict.FAILING, (ConditionFinding(Trouble.DISK, "It is full.", "Free some."),))
NEW = Alarm("disk", since=NOW - HOUR, seen_at=NOW, detail="It is full.")
TOLD = replace(NEW, announced_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("alarm", "condition", "event"),
    {
        "a new alarm is told": (NEW, ILL, "alarm"),
        "one that was told is not told again": (TOLD, ILL, None),
        "the end of one that was told is told": (TOLD, WELL, "recovered"),
        "the end of one nobody heard of is not": (NEW, WELL, None),
        "an end is told once": (replace(TOLD, recovered_at=NOW), WELL, None),
        "one that comes back soon stays quiet": (replace(NEW, announced_at=NOW - 3.9 * HOUR), ILL, None),
        "one that comes back after four hours is told": (replace(NEW, announced_at=NOW - 4 * HOUR), ILL, "alarm"),
        "the end of one that stayed quiet is not told": (replace(NEW, announced_at=NOW - 3 * HOUR), WELL, None),
    }.values(),
)
def test_what_is_told(alarm: Alarm, condition: Condition, event: str | None) -> None:
    assert [notice.event for notice in news([alarm], condition, NOW)] == ([event] if event else [])


def test_an_alarm_that_passed_unheard_is_over_without_a_word() -> None:
    assert unnoticed([NEW, TOLD, replace(NEW, recovered_at=NOW)], WELL) == [NEW]
    assert unnoticed([NEW], ILL) == []


def test_a_message_is_complete_alone() -> None:
    assert Notice(TOLD, is_over=True).as_message(NOW) == {
        "event": "recovered",
        "name": "disk",
        "since": "2026-05-01T11:00:00Z",
        "detail": "It is full.",
        "summary": "Collecting is well again. It was: It is full.",
        "sent_at": "2026-05-01T12:00:00Z",
    }
    assert Notice(NEW).summary == "Collecting is in trouble: It is full."


@dataclass
class Receiver:
    """A web server of three lines that keeps what it is sent; `status` is what it answers."""

    status: str = "200 OK"
    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        self.heard.append((headers, await reader.readexactly(int(headers["Content-Length"]))))
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(told["event"], told["name"]) for told in (json.loads(body) for _, body in self.heard)]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in?key=hidden-key"
    yield made
    server.close()


async def fail_a_run(house: "House", error: str | None = "no answer") -> None:
    await house.run(
        "insert into runs (job, tick_at, holder, started_at, finished_at, requests, error) "
        "values ('update_existing_stats', $1, 'here', $1, $1, 1, $2)", house.clock.now(), error,
    )  # fmt: skip


async def kept(house: "House") -> list[tuple[Any, ...]]:
    return await house.rows("select name, since, announced_at, recovered_at from alarms order by name")


async def test_an_alarm_is_told_once_retried_until_taken_and_its_end_is_told(
    house: "House", receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="civitai_engagement")
    runtime = house.another(alert_webhook=SecretStr(receiver.url), alert_secret=SecretStr("hush-hush"))
    await fail_a_run(house)
    await announce(runtime, house.clock.now())
    assert receiver.heard == []

    house.advance(hours=1)
    began = house.clock.now()
    await fail_a_run(house)
    receiver.status = "500 Oops"
    await announce(runtime, began)
    assert await kept(house) == [("upstream", began, None, None)]

    receiver.status = "204 No Content"
    told = house.advance(hours=1)
    await announce(runtime, told)
    await announce(runtime, house.advance(hours=1))
    assert receiver.events == [("alarm", "upstream")] * 2
    assert await kept(house) == [("upstream", began, told, None)]

    await fail_a_run(house, error=None)
    await announce(runtime, ended := house.clock.now())
    await announce(runtime, house.advance(minutes=1))
    assert receiver.events[2:] == [("recovered", "upstream")]
    assert await kept(house) == [("upstream", began, told, ended)]

    headers, body = receiver.heard[-1]
    signature = hmac.new(b"hush-hush", body, hashlib.sha256).hexdigest()
    assert headers["X-Civitai-Engagement-Signature"] == f"sha256={signature}"
    assert json.loads(body)["since"] == "2026-05-01T13:00:00Z"
    levels = [(record.levelname, record.getMessage().split(":")[0]) for record in caplog.records]
    assert levels == [
        ("ERROR", "Collecting is in trouble"),
        ("WARNING", "alarms wait for the next tick"),
        ("ERROR", "Collecting is in trouble"),
        ("INFO", "Collecting is well again. It was"),
    ]
    said = str([vars(record) for record in caplog.records])
    assert "hush" not in said
    assert "hidden-key" not in said


async def test_without_a_webhook_the_log_is_told_and_an_alarm_that_comes_back_begins_anew(
    house: "House", caplog: pytest.LogCaptureFixture
) -> None:
    await fail_a_run(house)
    first = house.advance(hours=1)
    await fail_a_run(house)
    await announce(house.runtime, first)
    await announce(house.runtime, house.advance(minutes=5))
    await fail_a_run(house, error=None)
    await announce(house.runtime, over := house.clock.now())
    assert await kept(house) == [("upstream", first, first, over)]

    for _ in range(2):
        again = house.advance(minutes=5)
        await fail_a_run(house)
    await announce(house.runtime, again)
    assert await kept(house) == [("upstream", again, first, None)]
    assert [record.levelname for record in caplog.records if record.levelno >= logging.ERROR] == ["ERROR"]

    quietly = house.advance(minutes=5)
    await fail_a_run(house, error=None)
    await announce(house.runtime, quietly)
    assert await kept(house) == [("upstream", again, first, quietly)]


async def test_trouble_with_the_database_fails_no_run(live: "House", caplog: pytest.LogCaptureFixture) -> None:
    await announce(live.runtime, live.clock.now())
    [record] = [one for one in caplog.records if one.name.endswith("alarms")]
    assert record.getMessage() == "alarms wait for the next tick"
    assert "hush-hush" not in str(vars(record))
