"""The sandbox's own doors: its time, its faults, its switches, its truth, and what it was asked."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from civitai_engagement.errors import BadInput, NotFound, Refused
from civitai_engagement.sandbox.faults import Arming
from civitai_engagement.sandbox.mischief import CATALOGUE
from civitai_engagement.sandbox.stage import Stage
from civitai_engagement.sandbox.world import Switches, World

Model = TypeVar("Model", bound=BaseModel)


class Move(BaseModel):
    """Where the world's clock is to go: to an instant, or on by some seconds."""

    model_config = ConfigDict(extra="forbid")

    set: AwareDatetime | None = None
    advance: float | None = None


async def clock(stage: Stage, request: Request) -> Response:
    """GET says the world's time; POST `{"set": "<instant>"}` or `{"advance": <seconds>}` moves it."""
    if request.method == "POST":
        move = _read(Move, await request.body())
        if move.set is not None:
            stage.world.clock.set(move.set.astimezone(UTC))
        stage.world.clock.advance(timedelta(seconds=move.advance or 0))
    return JSONResponse({"now": stage.world.now().isoformat()})


async def faults(stage: Stage, request: Request) -> Response:
    """GET lists what is armed and what could be; POST arms one; DELETE disarms all."""
    if request.method == "POST":
        stage.faults.arm(_read(Arming, await request.body()))
    if request.method == "DELETE":
        stage.faults.clear()
    return JSONResponse({"armed": stage.faults.told(), "catalogue": sorted(CATALOGUE)})


async def switches(stage: Stage, request: Request) -> Response:
    """GET says how this Civitai is built; POST changes what is named."""
    if request.method == "POST":
        stage.world.switches = _switched(stage.world.switches, await request.body())
    return JSONResponse(asdict(stage.world.switches))


async def truth(stage: Stage, request: Request) -> Response:
    """What is true of `image_id` or of the media of `post_id`, now or `at` an instant; else the planted effects."""
    wanted, world = request.query_params, stage.world
    at = _instant(wanted["at"]) if "at" in wanted else world.now()
    if "image_id" in wanted:
        return JSONResponse(world.truth(_number(wanted["image_id"]), at=at))
    if "post_id" not in wanted:
        return JSONResponse(_planted(world))
    post_id = _number(wanted["post_id"])
    if post_id not in world.posts:
        raise NotFound(f"The sandbox has no post {post_id}.")
    images = [world.truth(item.id, at=at) for item in world.items_of(post_id)]
    return JSONResponse({"post_id": post_id, "at": at.isoformat(), "images": images})


async def requests(stage: Stage, request: Request) -> Response:
    """GET lists what was asked of the API, without secrets; DELETE forgets it."""
    if request.method == "DELETE":
        stage.seen.clear()
    return JSONResponse({"count": len(stage.seen), "requests": [seen.told() for seen in stage.seen]})


def _planted(world: World) -> dict[str, Any]:
    """Tell what goes with reactions here: each effect as the factor on a media's counters, and by itself."""
    return {
        "now": world.now().isoformat(),
        "world": world.name,
        "effects": dict(world.effects),
        "phrases": dict(world.phrases),
        "posts": len(world.posts),
    }


def refusal(error: Refused) -> Response:
    return JSONResponse({"error": str(error)}, 404 if isinstance(error, NotFound) else 400)


def _read(model: type[Model], body: bytes) -> Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as refused:
        raise BadInput(f"This door does not understand that: {refused}") from refused


def _switched(present: Switches, body: bytes) -> Switches:
    try:
        return TypeAdapter(Switches).validate_python(asdict(replace(present, **json.loads(body))))
    except (ValidationError, ValueError, TypeError) as refused:
        raise BadInput(f"These switches do not exist: {refused}") from refused


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as unreadable:
        raise BadInput(f"{text!r} is not an instant.", hint="Pass one like 2026-08-01T12:00:00Z.") from unreadable


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as unreadable:
        raise BadInput(f"{text!r} is not an id.") from unreadable
