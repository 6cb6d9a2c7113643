"""The sandbox as one Starlette application."""

from collections.abc import Awaitable, Callable
from random import Random

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from civitai_engagement.clock import SystemClock
from civitai_engagement.errors import Refused
from civitai_engagement.sandbox import doors
from civitai_engagement.sandbox.faults import Faults
from civitai_engagement.sandbox.images import list_images
from civitai_engagement.sandbox.lookups import list_enums, show_me, show_mini_version, show_post, show_version
from civitai_engagement.sandbox.media import show_media
from civitai_engagement.sandbox.mischief import CATALOGUE, Scene
from civitai_engagement.sandbox.responses import PUBLIC, http_date, no_such_route
from civitai_engagement.sandbox.stage import Answer, Seen, Stage
from civitai_engagement.sandbox.threads import list_comments
from civitai_engagement.sandbox.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TEST_KEY = "sandbox-key"

Endpoint = Callable[[Stage, Request], Awaitable[Response]]


def create_app(world: World, *, api_key: str = TEST_KEY) -> Starlette:
    """Serve a world; `api_key` is the one key it knows."""
    stage = Stage(world, api_key, Faults(set(CATALOGUE), world.seed), Random(world.seed))  # noqa: S311 -- repeatable
    api = {
        "/api/v1/images": list_images,
        "/api/v1/posts/{id}": show_post,
        "/api/v1/model-versions/mini/{id}": show_mini_version,
        "/api/v1/model-versions/{id}": show_version,
        "/api/v1/me": show_me,
        "/api/v1/enums": list_enums,
        "/api/trpc/commentv2.getInfinite": list_comments,
        "/media/{name}": show_media,
        "/{path:path}": nowhere,
    }
    own: dict[str, Endpoint] = {
        "/__sandbox/clock": doors.clock,
        "/__sandbox/faults": doors.faults,
        "/__sandbox/switches": doors.switches,
        "/__sandbox/truth": doors.truth,
        "/__sandbox/requests": doors.requests,
    }
    routes = [Route(path, _door(stage, endpoint), methods=METHODS) for path, endpoint in own.items()]
    routes += [Route(path, _public(stage, endpoint), methods=METHODS) for path, endpoint in api.items()]
    return Starlette(routes=routes)


async def nowhere(stage: Stage, request: Request) -> Response:
    del stage, request
    return no_such_route()


def _public(stage: Stage, endpoint: Endpoint) -> Answer:
    """An endpoint as the public meets it: noted, and failing where a fault is armed."""

    async def true_answer(request: Request) -> Response:
        return await endpoint(stage, request)

    async def answer(request: Request) -> Response:
        stage.seen.append(Seen.of(request))
        if request.method == "OPTIONS":
            return Response(headers=PUBLIC)
        arming = stage.faults.draw(request.url.path)
        if arming is None:
            return dated(await true_answer(request))
        return dated(await CATALOGUE[arming.fault](Scene(stage, request, arming, true_answer)))

    return answer


def dated(response: Response) -> Response:
    """Say when it was sent: by the machine's clock, as servers do, whatever the time is in the world."""
    response.headers.setdefault("Date", http_date(SystemClock().now()))
    return response


def _door(stage: Stage, endpoint: Endpoint) -> Answer:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(stage, request)
        except Refused as error:
            return doors.refusal(error)

    return answer
