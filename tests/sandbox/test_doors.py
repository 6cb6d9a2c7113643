from datetime import timedelta

import httpx
import pytest

from civitai_engagement.sandbox import Counts, Growth, Item, Weibull, World

from .conftest import Ask


async def test_the_clock_says_sets_and_advances_the_time(world: World, client: httpx.AsyncClient) -> None:
    assert (await client.get("/__sandbox/clock")).json() == {"now": "2026-08-01T12:00:00+00:00"}
    moved = await client.post("/__sandbox/clock", json={"advance": 90})
    assert moved.json() == {"now": "2026-08-01T12:01:30+00:00"}
    await client.post("/__sandbox/clock", json={"set": "2026-09-01T02:00:00+02:00"})
    assert world.now().isoformat() == "2026-09-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("clock", {"now": "2026-08-01T12:00:00Z"}),
        ("clock", {"set": "2026-08-01T12:00:00"}),
        ("faults", {"fault": "nothing"}),
        ("faults", {"fault": "busy", "times": 0}),
        ("switches", {"engine": "other"}),
        ("switches", {"unknown": True}),
        ("switches", [1]),
    ],
)
async def test_a_door_refuses_what_it_does_not_understand(client: httpx.AsyncClient, door: str, body: object) -> None:
    answer = await client.post(f"/__sandbox/{door}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_faults_are_listed_counted_and_cleared(client: httpx.AsyncClient, ask: Ask) -> None:
    armed = (await client.post("/__sandbox/faults", json={"fault": "busy", "times": 2})).json()
    assert "stale" in armed["catalogue"]
    await ask()
    (told,) = (await client.get("/__sandbox/faults")).json()["armed"]
    assert (told["fault"], told["left"], told["hits"]) == ("busy", 1, 1)
    assert (await client.delete("/__sandbox/faults")).json()["armed"] == []
    assert (await ask()).status_code == 200


async def test_doors_and_media_are_never_hit_by_a_fault(client: httpx.AsyncClient) -> None:
    await client.post("/__sandbox/faults", json={"fault": "edge-403"})
    assert (await client.get("/__sandbox/clock")).status_code == 200
    assert (await client.get("/media/x.jpeg")).status_code == 404


async def test_switches_change_one_by_one(world: World, client: httpx.AsyncClient) -> None:
    assert (await client.get("/__sandbox/switches")).json()["ids"] is False
    await client.post("/__sandbox/switches", json={"ids": True})
    await client.post("/__sandbox/switches", json={"engine": "index"})
    assert (world.switches.ids, world.switches.engine) == (True, "index")


async def test_the_truth_of_an_image_and_of_a_post_is_told_at_any_instant(
    world: World, client: httpx.AsyncClient
) -> None:
    growth = Growth(Counts(like=100), Weibull(timedelta(hours=1), 1))
    world.add_post(post_id=7, items=[Item(id=1, counters=growth), Item(id=2, hidden=True)])
    world.clock.advance(timedelta(hours=1))
    one = (await client.get("/__sandbox/truth", params={"image_id": 1})).json()
    assert one["counters"]["like"] == 63
    later = (await client.get("/__sandbox/truth", params={"image_id": 1, "at": "2026-08-01T14:00:00Z"})).json()
    assert later["counters"]["like"] == 86
    images = (await client.get("/__sandbox/truth", params={"post_id": 7})).json()["images"]
    assert [(image["image_id"], image["hidden"]) for image in images] == [(1, False), (2, True)]


async def test_the_truth_without_a_name_is_what_was_planted(client: httpx.AsyncClient, world: World) -> None:
    world.effects = {"video": 1.5}
    assert (await client.get("/__sandbox/truth")).json()["effects"] == {"video": 1.5}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"image_id": "9"}, 404),
        ({"post_id": "9"}, 404),
        ({"image_id": "x"}, 400),
        ({"image_id": "9", "at": "soon"}, 400),
    ],
)
async def test_a_truth_nobody_knows_is_refused(client: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    answer = await client.get("/__sandbox/truth", params=params)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_requests_are_noted_without_their_secrets_and_forgotten(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": "Bearer sandbox-key", "X-Own": "1"}
    await client.get("/api/v1/images", params={"token": "sandbox-key", "limit": 2}, headers=headers)
    await client.get("/__sandbox/clock")
    noted = await client.get("/__sandbox/requests")
    assert "sandbox-key" not in noted.text
    (seen,) = noted.json()["requests"]
    assert (seen["method"], seen["path"]) == ("GET", "/api/v1/images")
    assert seen["query"] == [["token", "[hidden]"], ["limit", "2"]]
    assert seen["headers"]["x-own"] == "1"
    assert (await client.delete("/__sandbox/requests")).json()["count"] == 0
