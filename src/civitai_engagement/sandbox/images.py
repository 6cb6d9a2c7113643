"""`GET /api/v1/images`."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from civitai_engagement.sandbox.backends import Failure, Page, back_end_for, find_page
from civitai_engagement.sandbox.items import BackEnd, View, item_json
from civitai_engagement.sandbox.parameters import Query, read_query
from civitai_engagement.sandbox.responses import api_answer
from civitai_engagement.sandbox.stage import Stage
from civitai_engagement.sandbox.zod import error_body

MOST_ITEMS_BY_PAGE = 1000


async def list_images(stage: Stage, request: Request) -> Response:
    """Check in Civitai's order: parameters, page cap, then the query itself."""
    query, issues = read_query(request.query_params.multi_items(), ids_known=stage.world.switches.ids)
    if issues:
        return api_answer(error_body(issues), 400)
    if query.paged and (query.page or 0) * query.limit > MOST_ITEMS_BY_PAGE:
        return api_answer({"error": "You've requested too many pages, please use cursors instead"}, 429)
    if query.sort == "Random":
        return api_answer({"error": "Random sort requires a collectionId", "code": "BAD_REQUEST"}, 400)
    found = find_page(stage.world, query, stage.now(request))
    if isinstance(found, Failure):
        return api_answer(found.body, found.status)
    view = _view(stage, request, query)
    items = [item_json(item, view) for item in found.items]
    return api_answer({"items": items, "metadata": _metadata(request, query, found)})


def origin_of(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def next_page(request: Request, name: str, value: str) -> str:
    """The same request with one parameter replaced, whatever else it carried."""
    pairs = request.query_params.multi_items()
    replaced = [(key, value if key == name else old) for key, old in pairs]
    if name not in request.query_params:
        replaced.append((name, value))
    return f"{origin_of(request)}{request.url.path}?{urlencode(replaced)}"


def _view(stage: Stage, request: Request, query: Query) -> View:
    switches, back_end = stage.world.switches, back_end_for(query, stage.world.switches)
    nested = back_end is BackEnd.LEGACY if query.flat_meta is None else not query.flat_meta
    return View(
        back_end=back_end,
        at=stage.now(request),
        with_meta=query.with_meta,
        nested_meta=nested,
        with_tags=query.with_tags,
        media_origin=origin_of(request) if switches.local_media else None,
        thumbnails=switches.thumbnails,
    )


def _metadata(request: Request, query: Query, page: Page) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if page.next_cursor is not None:
        by_page = ("page", str(int(query.page or 0) + 1)) if query.paged else ("cursor", str(page.next_cursor))
        metadata |= {"nextCursor": page.next_cursor, "nextPage": next_page(request, *by_page)}
    if query.paged:
        metadata |= {"currentPage": query.page, "pageSize": query.limit}
    return metadata
