"""The other public endpoints: posts, model versions, the account of the caller, the word lists."""

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from civitai_engagement.sandbox import vocabulary as words
from civitai_engagement.sandbox.catalogue import ModelVersion, Post
from civitai_engagement.sandbox.images import origin_of
from civitai_engagement.sandbox.items import BackEnd, Item, View, item_json, js_instant, user_id
from civitai_engagement.sandbox.parameters import js_number
from civitai_engagement.sandbox.responses import api_answer, no_such_route, wrong_method
from civitai_engagement.sandbox.stage import Stage

LARGEST_ID = 2_147_483_647
MOST_POST_IMAGES = 100
NO_STORE = {"Cache-Control": "no-store"}
NOT_A_NUMBER = "✖ Invalid input: expected number, received NaN\n  → at id"


async def show_post(stage: Stage, request: Request) -> Response:
    """`/posts/{id}`, NEW: until it is switched on, the site answers with a page of its own."""
    if not stage.world.switches.post_endpoint:
        return no_such_route()
    wait = _over_limit(stage, request)
    if wait is not None:
        message = {"error": "Rate limit exceeded, please retry shortly."}
        return api_answer(message, 429, {**NO_STORE, "Retry-After": str(wait)})
    number = js_number(request.path_params["id"])
    if not _is_id(number):
        return api_answer({"error": "Invalid post id"}, 400)
    at = stage.now(request)
    post = stage.world.posts.get(int(number))
    if post is None or post.published_at > at:
        return api_answer({"error": "Post not found"}, 404)
    origin = origin_of(request) if stage.world.switches.local_media else None
    return api_answer(_post_json(stage, post, View(BackEnd.LEGACY, at, media_origin=origin)))


async def show_version(stage: Stage, request: Request) -> Response:
    found = _version(stage, request)
    return found if isinstance(found, Response) else api_answer(found.full(), headers=_mixed(stage, request))


async def show_mini_version(stage: Stage, request: Request) -> Response:
    found = _version(stage, request)
    return found if isinstance(found, Response) else api_answer(found.mini(), headers=_mixed(stage, request))


async def show_me(stage: Stage, request: Request) -> Response:
    if request.method != "GET":
        return wrong_method()
    if not stage.knows_key(request):
        return api_answer({"error": "Unauthorized"}, 401, NO_STORE)
    account = {"id": 1, "username": stage.world.switches.account, "tier": "free", "status": "active", "isMember": False}
    return api_answer({**account, "subscriptions": []}, headers=NO_STORE)


async def list_enums(stage: Stage, request: Request) -> Response:
    del stage, request
    lists = {
        "ModelType": [
            "Checkpoint",
            "TextualInversion",
            "Hypernetwork",
            "LORA",
            "LoCon",
            "Controlnet",
            "Upscaler",
            "VAE",
        ],
        "ModelFileType": ["Model", "Pruned Model", "VAE", "Config", "Training Data"],
        "ActiveBaseModel": list(words.BASE_MODELS),
        "BaseModel": list(words.BASE_MODELS),
        "BaseModelType": ["Standard", "Inpainting", "Refiner", "Pix2Pix"],
    }
    response = api_answer(lists)
    del response.headers["Cache-Control"]
    return response


def _post_json(stage: Stage, post: Post, view: View) -> dict[str, Any]:
    items = [item for item in stage.world.items_of(post.id) if item.present(view.at) and not item.hidden]
    return {
        "id": post.id,
        "title": post.title,
        "detail": post.detail,
        "nsfwLevel": _levels(items),
        "publishedAt": js_instant(post.published_at),
        "modelVersionId": post.model_version_id,
        "user": {"id": user_id(post.username or ""), "username": post.username},
        "tags": [{"id": number, "name": name} for number, name in post.tags],
        "images": [item_json(item, view) for item in items[:MOST_POST_IMAGES]],
    }


def _levels(items: list[Item]) -> int:
    levels = 0
    for item in items:
        levels |= item.level
    return levels


def _over_limit(stage: Stage, request: Request) -> int | None:
    """Seconds until the next minute, if this caller used up the present one."""
    caller = request.client.host if request.client else "nobody"
    minute = stage.world.now().replace(second=0, microsecond=0)
    key = (caller, int(minute.timestamp()))
    stage.post_calls[key] = stage.post_calls.get(key, 0) + 1
    if stage.post_calls[key] <= stage.world.switches.posts_per_minute:
        return None
    return _seconds_between(stage.world.now(), minute + timedelta(minutes=1))


def _seconds_between(now: datetime, then: datetime) -> int:
    return max(1, round((then - now).total_seconds()))


def _version(stage: Stage, request: Request) -> ModelVersion | Response:
    if request.method != "GET":
        return wrong_method()
    number = js_number(request.path_params["id"])
    if number == 0:
        return api_answer({"error": "Missing modelVersionId"}, 400)
    if not _is_id(number):
        return api_answer({"error": NOT_A_NUMBER}, 400)
    version = stage.world.versions.get(int(number))
    return version or api_answer({"error": "Model not found"}, 404)


def _mixed(stage: Stage, request: Request) -> dict[str, str]:
    return {"Cache-Control": "private, no-store"} if stage.knows_key(request) else {}


def _is_id(number: float) -> bool:
    return 0 < number <= LARGEST_ID and number == int(number)
