"""What machines that watch the process are told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette

from civitai_engagement.runtime import Runtime
from civitai_engagement.server import health as module
from civitai_engagement.server.health import watching
from civitai_engagement.server.http import create_app

if TYPE_CHECKING:
    from tests.house import House

RUN = """
    insert into runs (job, tick_at, holder, started_at, finished_at, requests, retries, seconds, coverage, error)
    values ('update_existing_stats', $1, 'secret-host', $1, $1, 10, 1, 2.5, $2::text::jsonb, $3)
"""


@asynccontextmanager
async def door(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the two routes, without socket or token."""
    transport = httpx.ASGITransport(app=Starlette(routes=watching(runtime)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def health(client: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    answer = await client.get("/health")
    body = answer.json()
    body.pop("version")
    return answer.status_code, body


async def scraped(client: httpx.AsyncClient) -> dict[str, float]:
    """Give every sample by name and labels; the text must be what Prometheus reads, each with its help."""
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        assert family.name.startswith("civitai_engagement_")
        for one in family.samples:
            label = ",".join(one.labels.values())
            samples[one.name.removeprefix("civitai_engagement_") + (f"[{label}]" if label else "")] = one.value
    return samples


async def run(house: "House", coverage: str = "{}", error: str | None = None) -> None:
    await house.run(RUN, house.clock.now(), coverage, error)


async def test_it_is_well_while_starting_and_when_up_and_says_why_it_is_not(house: "House") -> None:
    async with door(house.runtime) as client:
        assert await health(client) == (200, {"status": "ok", "database": "starting", "reasons": []})
        await house.runtime.store.open()
        assert await health(client) == (200, {"status": "ok", "database": "ready", "reasons": []})
        for _ in range(2):
            await run(house, error="postgresql://me:hush@db/x refused secret-host")
            house.advance(hours=1)
        code, body = await health(client)
        assert (code, body["status"], body["reasons"]) == (503, "failing", ["The last two rounds ended in errors."])
        await run(house)
        assert (await health(client))[0] == 503  # an answer is repeated for some seconds
        house.advance(seconds=5)
        assert (await health(client))[0] == 200


async def test_a_database_that_is_down_is_told_after_the_first_minute_and_not_who_it_is(live: "House") -> None:
    async with door(live.runtime) as client:
        live.advance(seconds=59)
        assert (await health(client))[0] == 200
        live.advance(seconds=1)
        answer = await client.get("/health")
        assert (answer.status_code, answer.json()["database"]) == (503, "down")
        assert answer.json()["reasons"] == ["The database does not answer."]
        assert "hush-hush" not in answer.text
        assert "127.0.0.1" not in answer.text
        assert await scraped(client) == {"database_up": 0.0, f"info[{answer.json()['version']}]": 1.0}


async def test_a_database_that_is_slow_does_not_hold_a_probe(house: "House", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    await house.runtime.store.open()
    async with door(house.runtime) as client:
        assert (await health(client))[1]["database"] == "down"
        assert (await scraped(client))["database_up"] == 0


async def test_a_scrape_tells_what_is_known_and_leaves_out_what_is_not(house: "House") -> None:
    async with door(house.runtime) as client:
        empty = await scraped(client)
        assert (empty["database_up"], empty["tracked_media"], empty["history_rows"]) == (1, 0, 0)
        assert [name for name in empty if name.startswith(("last_run", "coverage", "disk"))] == []
        house.post(3)
        await house.good("record_civitai_post", posts=[77])
        await run(house, '{"young": [10, 5], "old": [0, 0]}')
        ended = house.clock.now().timestamp()
        house.advance(hours=2)
        await run(house, '{"young": [10, 9]}', error="odd")
        await house.run("insert into leadership values (true, 'secret-host', $1, $1)", house.clock.now())
        samples = await scraped(client)
    assert samples["last_run_timestamp_seconds[update_existing_stats]"] == ended + 7200
    assert samples["last_run_duration_seconds[update_existing_stats]"] == 2.5
    assert samples["last_run_failed[update_existing_stats]"] == 1
    assert (samples["coverage_ratio[young]"], "coverage_ratio[old]" in samples) == (0.9, False)
    assert (samples["tracked_media"], samples["overdue_media"]) == (3, 3)
    assert samples["oldest_overdue_seconds"] == timedelta(hours=1).total_seconds()
    assert (samples["requests_24h"], samples["retries_24h"], samples["rejects_24h"]) == (20, 2, 0)
    assert samples["database_bytes"] > 1_000_000
    assert samples["leader_up"] == 1
    assert {name: value for name, value in samples.items() if name.startswith("alarm")} == {
        f"alarm[{name}]": float(name == "coverage")
        for name in (
            "coverage",
            "no_run",
            "upstream",
            "disk",
            "schema",
            "unknown_stats",
            "no_leader",
            "clock",
            "future",
            "engine",
        )
    }


async def test_an_alarm_and_the_free_disk_of_an_embedded_database_are_scraped(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(house.runtime.store), "is_embedded", property(lambda _: True))
    house.runtime = house.another(home=house.runtime.settings.home.__class__("/"))
    await house.run("insert into leadership values (true, 'x', $1, $1)", house.clock.now() - timedelta(hours=1))
    async with door(house.runtime) as client:
        samples = await scraped(client)
    assert samples["disk_free_bytes"] > 0
    assert (samples["alarm[no_leader]"], samples["leader_up"]) == (1, 0)


async def test_metrics_are_behind_the_token_and_health_is_not(house: "House") -> None:
    runtime = house.another(token=SecretStr("hush"))
    transport = httpx.ASGITransport(app=create_app(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        codes = [(await client.get(path)).status_code for path in ("/health", "/metrics")]
        let_in = await client.get("/metrics", headers={"Authorization": "Bearer hush"})
    assert codes == [200, 401]
    assert let_in.status_code == 200
    assert "secret-host" not in let_in.text
