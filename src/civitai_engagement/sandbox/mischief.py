"""The catalogue of faults: what each does to an answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from civitai_engagement.clock import SystemClock
from civitai_engagement.sandbox.faults import Arming
from civitai_engagement.sandbox.images import next_page
from civitai_engagement.sandbox.items import Item
from civitai_engagement.sandbox.responses import PUBLIC, api_answer, body_of, busy, edge_page, http_date
from civitai_engagement.sandbox.severing import Severed
from civitai_engagement.sandbox.stage import LAG, Answer, Stage

FILTERS = {"postId", "username", "userId", "imageId", "modelId", "modelVersionId", "ids"}
ZEROS = {f"{name}Count": 0 for name in ("cry", "laugh", "like", "dislike", "heart", "comment")}
STALEST = 450
REGION_TEXT = "Access to this service is not available in your region due to legal restrictions."
STUCK_CURSOR = "1|1754049600000"


@dataclass(frozen=True, slots=True)
class Scene:
    """One request about to go wrong, and the way to its true answer."""

    stage: Stage
    request: Request
    arming: Arming
    answer: Answer


Fault = Callable[[Scene], Awaitable[Response]]
Body = dict[str, Any]
Items = list[dict[str, Any]]


def at_the_edge(make: Callable[[], Response]) -> Fault:
    """The request never reaches Civitai."""

    async def fault(scene: Scene) -> Response:
        del scene
        return make()

    return fault


def in_the_query(make: Callable[[], Response]) -> Fault:
    """It fails after the checks: what is refused anyway is refused as ever."""

    async def fault(scene: Scene) -> Response:
        response = await scene.answer(scene.request)
        return response if response.status_code in {400, 405, 429} else make()

    return fault


def reshaped(reshape: Callable[[Scene, Body], Body]) -> Fault:
    """The answer says something else than it should; an error passes as it is."""

    async def fault(scene: Scene) -> Response:
        response = await scene.answer(scene.request)
        return api_answer(reshape(scene, body_of(response))) if response.status_code == 200 else response

    return fault


def with_items(change: Callable[[Items], Items]) -> Fault:
    def reshape(scene: Scene, body: Body) -> Body:
        del scene
        return {name: change(value) if name in {"items", "images"} else value for name, value in body.items()}

    return reshaped(reshape)


async def truncated(scene: Scene) -> Response:
    """Half of the body, then the connection ends."""
    return Severed(await scene.answer(scene.request))


async def reset(scene: Scene) -> Response:
    """The connection is reset before anything is said."""
    del scene
    return Severed(None)


async def slow(scene: Scene) -> Response:
    await asyncio.sleep(scene.arming.seconds)
    return await scene.answer(scene.request)


async def huge_body(scene: Scene) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"items":[],"metadata":{},"padding":"'
        for start in range(0, scene.arming.size, 2**16):
            yield b"x" * min(2**16, scene.arming.size - start)
        yield b'"}'

    return StreamingResponse(chunks(), headers=PUBLIC, media_type="application/json; charset=utf-8")


async def stale(scene: Scene) -> Response:
    """The counters of up to 450 seconds ago, with the age said as an edge cache does."""
    seconds = scene.stage.random.randint(1, STALEST)
    lagging = Request({**scene.request.scope, LAG: timedelta(seconds=seconds)})
    response = await scene.answer(lagging)
    response.headers["Age"] = str(seconds)
    return response


async def wrong_date(scene: Scene) -> Response:
    """A true answer with the `Date` of a clock that is ahead: to whoever reads it, their own seems to be behind."""
    response = await scene.answer(scene.request)
    response.headers["Date"] = http_date(SystemClock().now() + timedelta(seconds=scene.arming.ahead))
    return response


async def filter_ignored(scene: Scene) -> Response:
    """The global feed, whatever was asked for."""
    kept = [(name, value) for name, value in scene.request.query_params.multi_items() if name not in FILTERS]
    return await scene.answer(Request({**scene.request.scope, "query_string": urlencode(kept).encode()}))


async def item_inserted(scene: Scene) -> Response:
    """Somebody posts between two pages: on offset cursors one media comes twice."""
    if "cursor" in scene.request.query_params:
        answered = body_of(await scene.answer(scene.request))["items"]
        post_id = answered[0]["postId"] if answered else None
        scene.stage.world.add_item(Item(published_at=scene.stage.world.now()), post_id=post_id)
    return await scene.answer(scene.request)


async def item_removed(scene: Scene) -> Response:
    """The first media found vanishes between two pages: on offset cursors another is never returned."""
    if "cursor" in scene.request.query_params:
        first = {**dict(scene.request.query_params), "cursor": ""}
        opening = Request({**scene.request.scope, "query_string": urlencode(first).encode()})
        for item in body_of(await scene.answer(opening))["items"][:1]:
            scene.stage.world.remove(item["id"])
    return await scene.answer(scene.request)


def repeated_cursor(scene: Scene, body: Body) -> Body:
    cursor = scene.request.query_params.get("cursor") or STUCK_CURSOR
    stuck = {"nextCursor": cursor, "nextPage": next_page(scene.request, "cursor", cursor)}
    return {**body, "metadata": {**body.get("metadata", {}), **stuck}}


def without_stats(items: Items) -> Items:
    return [{name: value for name, value in item.items() if name != "stats"} for item in items]


def some_missing(items: Items) -> Items:
    return [item for place, item in enumerate(items) if place % 3]


def some_doubled(items: Items) -> Items:
    """A tenth of the items, at least one, comes twice, and as many others not at all."""
    doubled = min(max(1, len(items) // 10), len(items) // 2)
    return items[: len(items) - doubled] + items[:doubled]


def _new(message: str, status: int) -> Response:
    return api_answer({"message": message}, status)


def _statement_timeout() -> Response:
    return api_answer({"error": "canceling statement due to statement timeout", "code": "57014"}, 500)


CATALOGUE: MappingProxyType[str, Fault] = MappingProxyType(
    {
        "busy": in_the_query(lambda: busy("Server busy, please retry shortly.")),
        "search-overloaded": in_the_query(
            lambda: busy("Image search is temporarily overloaded — please retry.", code="SERVICE_UNAVAILABLE")
        ),
        "feed-overloaded": in_the_query(
            lambda: busy("Image feed is temporarily overloaded — please retry.", code="SERVICE_UNAVAILABLE")
        ),
        "new-busy": in_the_query(lambda: busy("Image search is temporarily overloaded — please retry.")),
        "page-cap": at_the_edge(
            lambda: api_answer({"error": "You've requested too many pages, please use cursors instead"}, 429)
        ),
        "edge-429": at_the_edge(lambda: edge_page(429, "Access denied | You are being rate limited", code=1015)),
        "edge-403": at_the_edge(lambda: edge_page(403, "Just a moment...")),
        "edge-502": at_the_edge(lambda: edge_page(502, "Bad gateway")),
        "edge-520": at_the_edge(lambda: edge_page(520, "Web server is returning an unknown error")),
        "edge-524": at_the_edge(lambda: edge_page(524, "A timeout occurred")),
        "edge-200": at_the_edge(lambda: edge_page(200, "Checking your browser")),
        "region-blocked": at_the_edge(lambda: api_answer({"error": REGION_TEXT, "code": "REGION_BLOCKED"}, 451)),
        "statement-timeout": in_the_query(_statement_timeout),
        "internal-error": in_the_query(lambda: api_answer({"error": "An unexpected error occurred"}, 500)),
        "new-internal-error": in_the_query(lambda: _new("An unexpected error occurred", 500)),
        "new-cursor-foreign": in_the_query(lambda: _new("This cursor cannot be continued with these filters", 400)),
        "new-cursor-expired": in_the_query(
            lambda: _new("This cursor can no longer be continued; start again without it", 400)
        ),
        "empty-after-timeout": in_the_query(lambda: api_answer({"items": [], "metadata": {}})),
        "truncated": truncated,
        "slow": slow,
        "reset": reset,
        "huge-body": huge_body,
        "stale": stale,
        "wrong-date": wrong_date,
        "filter-ignored": filter_ignored,
        "item-inserted": item_inserted,
        "item-removed": item_removed,
        "repeated-cursor": reshaped(repeated_cursor),
        "zero-stats": with_items(lambda items: [{**item, "stats": ZEROS} for item in items]),
        "stats-null": with_items(lambda items: [{**item, "stats": None} for item in items]),
        "stats-missing": with_items(without_stats),
        "items-missing": with_items(some_missing),
        "items-doubled": with_items(some_doubled),
        "empty-page": with_items(lambda items: items[:0]),
    }
)
