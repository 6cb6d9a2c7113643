"""Comments by the sandbox's tRPC route: only with its key, newest first, a page at a time."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from civitai_engagement.sandbox.items import js_instant
from civitai_engagement.sandbox.responses import api_answer
from civitai_engagement.sandbox.stage import Stage

GATE = "Please use the public API instead: https://developer.civitai.com/"
MOST_A_PAGE = 100


async def list_comments(stage: Stage, request: Request) -> Response:
    if not stage.knows_key(request):
        error = {"message": GATE, "code": -32001, "data": {"code": "UNAUTHORIZED", "httpStatus": 401}}
        return api_answer({"error": {"json": error}}, 401)
    wanted = json.loads(request.query_params["input"])["json"]
    written = stage.world.threads.get((wanted["entityType"], wanted["entityId"]))
    if written is None:
        return api_answer({"result": {"data": {"json": None}}})
    at = stage.now(request)
    shown = sorted((one for one in written if one["createdAt"] <= at), key=lambda one: one["createdAt"], reverse=True)
    limit = min(wanted.get("limit", 20), MOST_A_PAGE)
    following = shown[limit]["id"] if len(shown) > limit else None
    page = {"comments": [_told(one) for one in shown[:limit]], "nextCursor": following}
    return api_answer({"result": {"data": {"json": page}}})


def _told(one: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {"nsfw": False, "tosViolation": False, "hidden": False, "pinnedAt": None, "reactions": []}
    return {**plain, **one, "createdAt": js_instant(one["createdAt"])}
