from datetime import timedelta

import httpx
import pytest

from civitai_engagement.sandbox import Item, Switches, World, gallery
from civitai_engagement.sandbox.catalogue import ModelVersion

NEXT_MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    world = World.empty(switches=Switches(post_endpoint=True))
    world.add_post(
        post_id=7, username="ana", title="Foxes", detail="<p>two</p>", tags=((112, "animal"),), items=gallery(5)
    )
    world.versions[500_001] = ModelVersion(500_001, 400_001, "plainModel", "v1", "SDXL 1.0", world.now())
    return world


async def test_a_post_is_shown_with_all_levels_in_post_order_and_without_meta(
    world: World, client: httpx.AsyncClient
) -> None:
    world.add_item(Item(id=1, meta={"prompt": "x"}), post_id=7)
    post = (await client.get("/api/v1/posts/7")).json()
    assert {name: post[name] for name in ("id", "title", "detail", "nsfwLevel", "publishedAt", "modelVersionId")} == {
        "id": 7,
        "title": "Foxes",
        "detail": "<p>two</p>",
        "nsfwLevel": 31,
        "publishedAt": "2026-08-01T12:00:00.000Z",
        "modelVersionId": None,
    }
    assert post["user"]["username"] == "ana"
    assert post["tags"] == [{"id": 112, "name": "animal"}]
    assert [image["browsingLevel"] for image in post["images"]] == [1, 2, 4, 8, 16, 1]
    assert post["images"][-1]["id"] == 1
    assert all(image["meta"] is None for image in post["images"])


async def test_a_post_shows_its_first_hundred_images(world: World, client: httpx.AsyncClient) -> None:
    world.add_post(post_id=8, items=gallery(120))
    assert len((await client.get("/api/v1/posts/8")).json()["images"]) == 100


async def test_hidden_removed_and_unpublished_media_are_not_in_a_post(world: World, client: httpx.AsyncClient) -> None:
    first, second, *_ = world.items_of(7)
    world.change(first.id, hidden=True)
    world.remove(second.id)
    assert len((await client.get("/api/v1/posts/7")).json()["images"]) == 3
    world.add_post(post_id=9, published_at=world.now() + NEXT_MINUTE)
    assert (await client.get("/api/v1/posts/9")).status_code == 404
    world.clock.advance(NEXT_MINUTE)
    assert (await client.get("/api/v1/posts/9")).json()["images"] == []


async def test_before_it_is_rolled_out_the_post_endpoint_is_a_page(world: World, client: httpx.AsyncClient) -> None:
    world.switches = Switches()
    answer = await client.get("/api/v1/posts/7")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "__NEXT_DATA__" in answer.text


@pytest.mark.parametrize(
    ("number", "status"), [("99", 404), ("abc", 400), ("0", 400), ("1.5", 400), ("9999999999", 400)]
)
async def test_a_post_that_cannot_be_is_refused(client: httpx.AsyncClient, number: str, status: int) -> None:
    answer = await client.get(f"/api/v1/posts/{number}")
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


async def test_posts_have_a_limit_for_each_minute(world: World, client: httpx.AsyncClient) -> None:
    world.switches = Switches(post_endpoint=True, posts_per_minute=1)
    world.clock.advance(timedelta(seconds=45))
    assert (await client.get("/api/v1/posts/7")).status_code == 200
    limited = await client.get("/api/v1/posts/7")
    assert (limited.status_code, limited.json()) == (429, {"error": "Rate limit exceeded, please retry shortly."})
    assert (limited.headers["retry-after"], limited.headers["cache-control"]) == ("15", "no-store")
    world.clock.advance(timedelta(seconds=15))
    assert (await client.get("/api/v1/posts/7")).status_code == 200


async def test_posts_point_at_the_sandbox_where_media_are_local(world: World, client: httpx.AsyncClient) -> None:
    world.switches = Switches(post_endpoint=True, local_media=True)
    assert (await client.get("/api/v1/posts/7")).json()["images"][0]["url"].startswith("http://sandbox/media/")


async def test_a_model_version_is_shown_in_full_and_in_small(client: httpx.AsyncClient) -> None:
    full = (await client.get("/api/v1/model-versions/500001")).json()
    assert (full["modelId"], full["name"], full["model"]["name"]) == (400_001, "v1", "plainModel")
    mini = (await client.get("/api/v1/model-versions/mini/500001")).json()
    assert mini["air"] == full["air"] == "urn:air:sdxl:checkpoint:civitai:400001@500001"
    assert (mini["modelName"], mini["versionName"]) == ("plainModel", "v1")
    assert "modelId" not in mini


@pytest.mark.parametrize("path", ["", "mini/"])
async def test_a_model_version_that_cannot_be_is_refused(client: httpx.AsyncClient, path: str) -> None:
    async def refused(number: str) -> tuple[int, str]:
        answer = await client.get(f"/api/v1/model-versions/{path}{number}")
        return answer.status_code, answer.json()["error"]

    assert await refused("x") == (400, "✖ Invalid input: expected number, received NaN\n  → at id")
    assert await refused("0") == (400, "Missing modelVersionId")
    assert await refused("99") == (404, "Model not found")


async def test_a_mixed_endpoint_takes_one_method_and_is_cached_for_strangers_only(client: httpx.AsyncClient) -> None:
    path = "/api/v1/model-versions/500001"
    assert (await client.post(path)).json() == {"error": "Method not allowed"}
    assert (await client.post("/api/v1/me")).status_code == 405
    assert "public" in (await client.get(path)).headers["cache-control"]
    mine = await client.get(path, headers={"Authorization": "Bearer sandbox-key"})
    assert "public" not in mine.headers["cache-control"]


async def test_only_the_known_key_opens_the_account(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/me")).status_code == 401
    wrong = await client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()) == (401, {"error": "Unauthorized"})
    by_header = await client.get("/api/v1/me", headers={"Authorization": "Bearer sandbox-key"})
    assert by_header.json()["status"] == "active"
    assert (await client.get("/api/v1/me?token=sandbox-key")).status_code == 200


async def test_a_wrong_key_is_no_error_on_a_public_endpoint(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/images", headers={"Authorization": "Bearer wrong"})
    assert len(answer.json()["items"]) == 1


async def test_the_word_lists_are_not_cached(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/enums")
    assert len(answer.json()["BaseModel"]) == 99
    assert "cache-control" not in answer.headers


async def test_a_path_that_does_not_exist_is_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
